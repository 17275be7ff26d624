import { setTimeout as sleep } from 'node:timers/promises';
import { type Changes, isLater, type Position, type Snapshot } from '@herald/database';
import type { Logger } from '@nestjs/common';
import type { Turns } from '../server/turns.js';
import { writeBeat, writeEvent } from './event-stream.js';
import type { Horizon } from './horizon.js';
import type { Source } from './source.js';

/** A reader of a topic. */
export interface Reader {
  /** Everything up to here was sent. */
  position?: Position;
  /** Returns the name of a changed item's event; undefined for an item that the reader does not want. */
  eventOf: Source['eventOf'];
  send(events: string): void;
  /** Resolves when what was sent is taken. */
  drained(): Promise<void>;
}

/** What all topics of a gateway share. */
export interface TopicOptions {
  /** Bounds how many topics read at once, so that streams leave Postgres to requests. */
  turns: Turns;
  horizon: Horizon;
  logger: Logger;
  /** @param since time of the commit; undefined for what a stream had missed */
  onSent(events: number, since?: number): void;
}

const PAGE = 200;
/** Less than what may wait for a reader: a page alone cuts nobody off. */
const PAGE_BYTES = 256 * 1024;
const RETRY_MS = 1000;

/** Reads the changes of one source once, for all streams that show it. */
export class Topic {
  private readonly readers = new Set<Reader>();
  /** Those that are still sent what they missed; they are read for one page at a time. */
  private readonly joining = new Set<Reader>();
  private readonly draining = new Set<Reader>();
  private position?: Position;
  private woken = false;
  private running = false;
  private lastSummary?: string;
  /** Time of the first commit that woke it since the last look, in epoch milliseconds. */
  private wokenBy?: number;
  private onJoin = () => {};

  constructor(
    readonly source: Source,
    private readonly options: TopicOptions,
  ) {}

  get isEmpty(): boolean {
    return this.readers.size + this.joining.size + this.draining.size === 0;
  }

  /** Sends what the reader missed since its position, then all that comes. Without a position it begins now. */
  join(reader: Reader): void {
    this.joining.add(reader);
    this.onJoin();
    this.wake();
  }

  leave(reader: Reader): void {
    for (const readers of [this.readers, this.joining, this.draining]) readers.delete(reader);
  }

  /** Looks for changes; those who wake it meanwhile are served by one further look. */
  wake(committedAt?: number): void {
    this.woken = true;
    this.wokenBy ??= committedAt;
    if (!this.running) void this.run();
  }

  /** Notes that nothing changed for this topic from `after` on, before `until`. */
  skip(after: string, until: string): void {
    const { position } = this;
    if (this.running || !position) return;
    const change = BigInt(position.change);
    if (change >= BigInt(after) && change < BigInt(until)) this.position = { change: until };
  }

  /** Returns the position up to which everything was sent to a reader. */
  positionOf(reader: Reader): Position | undefined {
    const { position = reader.position } = this;
    if (!this.readers.has(reader) || !position) return reader.position;
    return !reader.position || isLater(position, reader.position) ? position : reader.position;
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.woken && !this.isEmpty) {
      this.woken = false;
      try {
        if (this.readers.size > 0) await this.catchUp();
        for (const reader of Array.from(this.joining)) await this.admit(reader);
      } catch (error) {
        this.options.logger.warn({ message: 'Streams wait: their changes could not be read', err: error });
        this.woken = true;
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
    this.running = false;
  }

  /** Reads until it has covered every transaction that had begun when it was woken. */
  private async catchUp(): Promise<void> {
    const since = this.wokenBy ?? Date.now();
    this.wokenBy = undefined;
    for (let begun: bigint | undefined; ;) {
      const { rows, more, position, ...found } = await this.readOn(this.position as Position);
      this.position = position;
      this.count(this.show(rows), since);
      this.summarise(found.summary);
      begun ??= BigInt(found.begun);
      if (this.readers.size === 0 || (!more && BigInt(position.change) >= begun)) return;
      // New readers wait neither for all pages nor for a transaction that takes its time.
      if (!more && this.joining.size === 0) await this.more(position);
      if (this.joining.size > 0) return this.wake(since);
    }
  }

  /** Resolves when there may be more to read than up to a position, or when somebody joins. */
  private more({ change }: Position): Promise<void> {
    const joined = new Promise<void>((resolve) => (this.onJoin = resolve));
    return Promise.race([this.options.horizon.passes(change), joined]);
  }

  /** Sends a new reader a page of what it missed; with the last one it takes part in all that comes. */
  private async admit(reader: Reader): Promise<void> {
    const { rows, more, position, summary, reset } = await this.readMissed(reader.position);
    if (!this.joining.delete(reader)) return;
    if (reset) reader.send(writeEvent('reset', {}, position));
    this.count(this.show(rows, [reader]));
    reader.position = position;
    if (more) return void this.admitLater(reader);
    reader.send(summary ? writeEvent(summary.event, summary.data, position) : writeBeat(position));
    // What one that came later has seen is not sent to it again.
    if (!this.position || this.readers.size === 0) this.position = position;
    const figures = JSON.stringify(summary?.data);
    if (this.readers.size === 0) this.lastSummary = figures;
    // Others may have seen other figures: the next ones go to all.
    else if (figures !== this.lastSummary) this.lastSummary = undefined;
    this.readers.add(reader);
  }

  private async admitLater(reader: Reader): Promise<void> {
    this.draining.add(reader);
    await reader.drained();
    if (this.draining.delete(reader)) this.join(reader);
  }

  /** Reads what came after the position of the topic. */
  private readOn(after: Position) {
    return this.read(async (snapshot) => {
      const changes = await this.page(snapshot, after);
      const summary = changes.rows.length > 0 ? await this.source.summary?.(snapshot) : undefined;
      return { ...changes, summary, begun: snapshot.begun };
    });
  }

  /** Reads what a new reader missed; nothing when it begins now, or has to begin anew. */
  private readMissed(after: Position | undefined) {
    return this.read(async (snapshot) => {
      // A position that is not reached yet is of another database, or of one that was restored since.
      const isUnknown = !!after && BigInt(after.change) > BigInt(snapshot.horizon);
      const reset = isUnknown || (!!after && (await this.source.isTooOld(snapshot, after)));
      const begin: Changes<unknown> = { rows: [], more: false, position: { change: snapshot.horizon } };
      const changes = after && !reset ? await this.page(snapshot, after) : begin;
      return { ...changes, reset, summary: await this.source.summary?.(snapshot) };
    });
  }

  /** Reads the next changes, fewer when they are large. */
  private async page(snapshot: Snapshot, after: Position): Promise<Changes<unknown>> {
    const changes = await this.source.changes(snapshot, after, PAGE);
    let bytes = 0;
    const end = changes.rows.findIndex(({ item }) => (bytes += JSON.stringify(item).length) > PAGE_BYTES) + 1;
    const last = changes.rows[end - 1];
    if (!last || end === changes.rows.length) return changes;
    return { rows: changes.rows.slice(0, end), more: true, position: last.position };
  }

  private async read<T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const endTurn = await this.options.turns.take('streams');
    try {
      return await this.source.read(work);
    } finally {
      endTurn();
    }
  }

  /** Sends each change to the readers that have not seen it and want it; returns how many events that made. */
  private show(rows: Changes<unknown>['rows'], readers: Iterable<Reader> = this.readers): number {
    let sent = 0;
    for (const { position, item } of rows) {
      const texts = new Map<string, string>();
      for (const reader of readers) {
        if (reader.position && !isLater(position, reader.position)) continue;
        reader.position = position;
        const event = reader.eventOf(item);
        if (event === undefined) continue;
        const text = texts.get(event) ?? writeEvent(event, this.source.dataOf(item, event), position);
        texts.set(event, text);
        reader.send(text);
        sent++;
      }
    }
    return sent;
  }

  private count(sent: number, since?: number): void {
    if (sent > 0) this.options.onSent(sent, since);
  }

  private summarise(summary: { event: string; data: unknown } | undefined): void {
    const text = JSON.stringify(summary?.data);
    if (!summary || text === this.lastSummary) return;
    this.lastSummary = text;
    for (const reader of this.readers) reader.send(writeEvent(summary.event, summary.data));
  }
}
