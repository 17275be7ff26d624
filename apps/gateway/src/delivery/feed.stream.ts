import { audience, type FeedItem } from '@herald/contracts';
import { countUnread, Database, readFeedChanges, type Sql } from '@herald/database';
import { Injectable } from '@nestjs/common';
import type { PersonCaller } from '../access/caller.js';
import type { Source } from '../live/source.js';

/** What a person's stream shows: each message that came or changed, and the number of unread ones. */
@Injectable()
export class FeedStream {
  constructor(private readonly database: Database) {}

  of(person: PersonCaller): Source<FeedItem> {
    const { companyId, login } = person;
    const name = audience.feed(companyId, login);
    return {
      key: name,
      audience: name,
      read: <T>(work: (sql: Sql) => Promise<T>) => this.database.asCompany(companyId, work),
      changes: (sql, after, limit) => readFeedChanges(sql, person, after, limit),
      eventOf: (data) => ({ event: 'message', data }),
      summary: async (sql) => ({ event: 'unread', data: await countUnread(sql, companyId, login) }),
    };
  }
}
