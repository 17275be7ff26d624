import type { UnreadCount } from '@herald/contracts';
import { countUnread, Database, type PageOfFeed, readFeed } from '@herald/database';
import { Injectable } from '@nestjs/common';
import type { PersonCaller } from '../access/caller.js';
import { writeCursor } from '../validation/query-fields.js';

/** Reads feeds. */
@Injectable()
export class FeedQuery {
  constructor(private readonly database: Database) {}

  /** Returns a page of the messages where the person is recipient or author, newest first. */
  async page({ companyId, login }: PersonCaller, page: PageOfFeed) {
    const { limit } = page;
    const { rows, position } = await this.database.asCompany(companyId, async (tx) => ({
      rows: await readFeed(tx, companyId, login, page),
      position: tx.horizon,
    }));
    const data = rows.slice(0, limit);
    const last = rows.length > limit ? data.at(-1) : undefined;
    const nextCursor = last ? writeCursor({ at: last.createdAt, id: last.id }) : null;
    return { position, page: { data, nextCursor } };
  }

  /** Returns how many received messages are unread, in total and by tab. */
  unread({ companyId, login }: PersonCaller): Promise<UnreadCount> {
    return this.database.asCompany(companyId, (tx) => countUnread(tx, companyId, login));
  }
}
