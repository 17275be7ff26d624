import type { Changes, Position, Sql } from '@herald/database';
import type { LiveEvent } from './event-stream.js';

/** What the streams of one audience show. Streams whose sources have the same key share their reads. */
export interface Source<Item = unknown> {
  key: string;
  /** Announcements for this audience wake the streams. */
  audience: string;
  /** Runs reads with the rights of the audience. */
  read<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Returns the changes after a position. */
  changes(sql: Sql, after: Position, limit: number): Promise<Changes<Item>>;
  /** Returns the event of a changed item; undefined for one that the stream does not show. */
  eventOf(item: Item): Omit<LiveEvent, 'position'> | undefined;
  /** Returns an event with figures that may have changed along with the items, such as the number of unread ones. */
  summary?(sql: Sql): Promise<Omit<LiveEvent, 'position'>>;
}
