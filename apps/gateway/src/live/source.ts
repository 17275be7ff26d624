import type { Changes, Position, Snapshot } from '@herald/database';

/** What the streams of one audience show. Streams whose sources have the same key share their reads. */
export interface Source<Item = unknown> {
  key: string;
  /** Announcements for this audience wake the streams. */
  audience: string;
  ids: 'uuid' | 'bigint';
  /** Runs reads with the rights of the audience. */
  read<T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T>;
  /** Returns the changes after a position. */
  changes(snapshot: Snapshot, after: Position, limit: number): Promise<Changes<Item>>;
  /** Returns true when too much has changed since a position to look through it for one stream. */
  isTooOld(snapshot: Snapshot, position: Position): Promise<boolean>;
  /** Returns the name of a changed item's event; undefined for an item that this stream does not show. */
  eventOf(item: Item): string | undefined;
  /** Returns the data of an event, the same for all streams of the key. */
  dataOf(item: Item, event: string): unknown;
  /** Returns an event with figures that may have changed along with the items, such as the number of unread ones. */
  summary?(snapshot: Snapshot): Promise<{ event: string; data: unknown }>;
}
