import { setTimeout as sleep } from 'node:timers/promises';
import { currentPosition, isLater, type Position, type Sql } from '@herald/database';
import type { Logger } from '@nestjs/common';
import type { LiveEvent } from './event-stream.js';
import type { Source } from './source.js';

/** A reader of a topic. */
export interface Reader {
  /** Everything up to here was sent. */
  position?: Position;
  /** Returns the event of a changed item; undefined for one that the stream does not show. */
  eventOf: Source['eventOf'];
  send(event: LiveEvent): void;
}

const PAGE = 200;
/** A reader that missed more is told to read its lists again. */
const MAX_REPLAYED = 1000;
/** Pauses while a transaction of before is still in progress. */
const PAUSES_MS = [5, 10, 20, 50, 100, 200];
const RETRY_MS = 1000;

/** Reads the changes of one source once, for all streams that show it. */
export class Topic {
  private readonly readers = new Set<Reader>();
  private readonly joining = new Set<Reader>();
  private position?: Position;
  private woken = false;
  private running = false;
  private lastSummary?: string;
  /** Time of the first commit that woke it since the last look, in epoch milliseconds. */
  private wokenBy?: number;

  constructor(
    readonly source: Source,
    private readonly onSent: (events: number, since?: number) => void,
    private readonly logger: Logger,
  ) {}

  get isEmpty(): boolean {
    return this.readers.size + this.joining.size === 0;
  }

  /** Sends what the reader missed since its position, then all that comes. Without a position it begins now. */
  join(reader: Reader): void {
    this.joining.add(reader);
    this.wake();
  }

  leave(reader: Reader): void {
    this.readers.delete(reader);
    this.joining.delete(reader);
  }

  /** Looks for changes; those who wake it meanwhile are served by one further look. */
  wake(committedAt?: number): void {
    this.woken = true;
    this.wokenBy ??= committedAt;
    if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.woken && !this.isEmpty) {
      this.woken = false;
      try {
        if (this.readers.size > 0) await this.catchUp();
        for (const reader of this.joining) await this.admit(reader);
      } catch (error) {
        this.logger.warn({ message: 'Streams wait: their changes could not be read', err: error });
        this.woken = true;
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
    this.running = false;
  }

  /** Reads until it has covered every transaction that had begun when it was woken. */
  private async catchUp(): Promise<void> {
    let begun: bigint | undefined;
    const since = this.wokenBy;
    this.wokenBy = undefined;
    for (let pause = 0; ;) {
      const after = this.position as Position;
      const changes = await this.source.read(async (sql) => {
        const { rows, ...rest } = await this.source.changes(sql, after, PAGE);
        const summary = rows.length > 0 ? await this.source.summary?.(sql) : undefined;
        return { rows, summary, ...rest };
      });
      this.position = changes.position;
      let sent = 0;
      for (const { position, item } of changes.rows) {
        for (const reader of this.readers) sent += show(reader, item, position);
      }
      this.summarise(changes.summary, [...this.readers]);
      if (sent > 0) this.onSent(sent, since ?? Date.now());
      begun ??= BigInt(changes.begun);
      if (changes.more) continue;
      if (this.isEmpty || BigInt(changes.position.change) >= begun) return;
      // New readers do not wait for a transaction that takes its time.
      if (this.joining.size > 0) return this.wake();
      await sleep(PAUSES_MS[Math.min(pause++, PAUSES_MS.length - 1)], undefined, { ref: false });
    }
  }

  /** Replays what a new reader missed, and lets it take part from then on. */
  private async admit(reader: Reader): Promise<void> {
    const { source } = this;
    const [events, position, summary] = await source.read(async (sql) => {
      const now = await currentPosition(sql);
      const missed = reader.position ? await this.missed(reader, now, sql) : { events: [], position: now };
      return [missed.events, missed.position, await source.summary?.(sql)] as const;
    });
    for (const event of events) reader.send(event);
    if (events.length > 0) this.onSent(events.length);
    reader.position = position;
    if (summary) reader.send({ ...summary, position });
    // Its own position may be later than that of the topic: what it has seen is not sent again.
    if (!this.position || this.readers.size === 0) this.position = position;
    if (this.joining.delete(reader)) this.readers.add(reader);
    this.lastSummary = summary && JSON.stringify(summary.data);
  }

  private async missed(reader: Reader, now: Position, sql: Sql) {
    const { position: after = now } = reader;
    const reset = { events: [{ event: 'reset', data: {}, position: now }], position: now };
    // A position that is not reached yet is of another database, or of one that was restored since.
    if (BigInt(after.change) > BigInt(now.change)) return reset;
    const events: LiveEvent[] = [];
    for (let position = after, rows = 0; ;) {
      const changes = await this.source.changes(sql, position, PAGE);
      for (const { position: at, item } of changes.rows) {
        const event = reader.eventOf(item);
        if (event) events.push({ ...event, position: at });
      }
      position = changes.position;
      rows += changes.rows.length;
      if (!changes.more) return { events, position };
      if (rows >= MAX_REPLAYED) return reset;
    }
  }

  private summarise(summary: Omit<LiveEvent, 'position'> | undefined, readers: Reader[]): void {
    const text = summary && JSON.stringify(summary.data);
    if (!summary || text === this.lastSummary) return;
    this.lastSummary = text;
    for (const reader of readers) reader.send(summary);
  }
}

/** Sends the event of a changed item, unless the reader has seen it or does not show it; returns how many were sent. */
function show(reader: Reader, item: unknown, position: Position): number {
  if (reader.position && !isLater(position, reader.position)) return 0;
  reader.position = position;
  const event = reader.eventOf(item);
  if (!event) return 0;
  reader.send({ ...event, position });
  return 1;
}
