import { audience, type CommandResult, notFound, type Updated } from '@herald/contracts';
import {
  type CommandOrigin,
  countLeftOfFeed,
  Database,
  findPlace,
  inSlices,
  markFeed,
  type MarkedFeed,
  type Place,
  type Sql,
} from '@herald/database';
import { Announcer } from '@herald/queue';
import { Injectable } from '@nestjs/common';

/** Messages per transaction; few, so that nobody waits long for a row, and streams follow. */
const SLICE = 2000;
/** Time for all slices, from the request on: the caller waits 5 s. */
const SLICES_MS = 3000;
const MAX_COUNTED = 100_000;

/** The command that asks for it. */
interface Asked {
  correlationId: string;
  body: unknown;
  run: CommandOrigin['run'];
}

interface Marking extends Omit<MarkedFeed, 'upTo'> {
  /** The id of the last message to mark. */
  upTo?: string | null;
}

/** Marks everything that a person received, slice by slice. When the time is over it says how much is left. */
@Injectable()
export class FeedMarker {
  constructor(
    private readonly database: Database,
    private readonly announcer: Announcer,
  ) {}

  /** @throws Refusal 404 when the last message to mark is not in the person's feed */
  async mark({ upTo, ...marking }: Marking, { correlationId, body, run }: Asked): Promise<CommandResult<Updated>> {
    const { companyId, login } = marking;
    const until = run.queuedAt.getTime() + SLICES_MS;
    const feed: MarkedFeed = marking;
    const changed = new Set<string>();
    let after: Place | undefined;
    const slice = async (tx: Sql, before: Updated | undefined) => {
      if (upTo) feed.upTo ??= await findPlace(tx, marking, upTo);
      if (upTo && !feed.upTo) throw notFound('Message not found');
      this.announce(companyId, changed);
      const { updated, authors, next } = await markFeed(tx, feed, after, SLICE);
      for (const each of updated > 0 ? [login, ...authors] : []) changed.add(each);
      const verdict = { updated: (before?.updated ?? 0) + updated };
      after = next;
      if (!next) return { verdict, done: true };
      if (Date.now() < until) return { verdict, done: false };
      const left = await countLeftOfFeed(tx, feed, next, MAX_COUNTED);
      return { verdict: left > 0 ? { ...verdict, left } : verdict, done: true };
    };
    const result = await inSlices<Updated>(this.database, correlationId, body, slice, { companyId, run });
    this.announce(companyId, changed);
    return result;
  }

  /** Announces what the slices before have committed. */
  private announce(companyId: string, changed: Set<string>): void {
    this.announcer.announce([...changed].map((each) => audience.feed(companyId, each)));
    changed.clear();
  }
}
