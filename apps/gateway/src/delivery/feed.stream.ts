import { audience, type FeedItem } from '@herald/contracts';
import { countUnread, Database, isFeedPositionTooOld, readFeedChanges } from '@herald/database';
import { Injectable } from '@nestjs/common';
import type { PersonCaller } from '../access/caller.js';
import type { Source } from '../live/source.js';

/** The stream of a person: each message that came or changed, and the number of unread ones. */
@Injectable()
export class FeedStream {
  constructor(private readonly database: Database) {}

  of(person: PersonCaller): Source<FeedItem> {
    const { companyId, login } = person;
    const name = audience.feed(companyId, login);
    return {
      key: name,
      audience: name,
      ids: 'uuid',
      read: (work) => this.database.asCompany(companyId, work),
      changes: (sql, after, limit) => readFeedChanges(sql, person, after, limit),
      isTooOld: (sql, position) => isFeedPositionTooOld(sql, companyId, position),
      eventOf: () => 'message',
      dataOf: (item) => item,
      summary: async (sql) => ({ event: 'unread', data: await countUnread(sql, companyId, login) }),
    };
  }
}
