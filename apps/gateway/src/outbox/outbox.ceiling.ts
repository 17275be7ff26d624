import { Database } from '@herald/database';
import { Inject, Injectable } from '@nestjs/common';
import type { GatewayEnv } from '../gateway.env.js';
import type { NewMessage } from './outbox-message.js';

/** The messages of a request; all of one queue. */
interface Request {
  messages: NewMessage[];
}

/** What a gateway knows of how much a queue is owed. */
interface Level {
  /** How many more it may be owed. */
  room: number;
  /** How many of those this gateway accepts before it looks again; below `low` it is time to look. */
  allowance: number;
  low: number;
  /** Messages let in so far, and how many of them are rows by now. */
  taken: number;
  committed: number;
  /** The next look comes no sooner than the one and, when there are requests, no later than the other. */
  soonest: number;
  latest: number;
  looking?: Promise<void>;
}

/** Of the room that it sees a gateway takes this part: so many gateways fill it together and do not overfill it. */
const GATEWAYS = 8;
const LOOK_EVERY_MS = 1000;
/** Counting a full outbox costs Postgres something: it takes no more than this part of the time. */
const LOOKING_SHARE = 0.05;

/**
 * Bounds the outbox: once `OUTBOX_LIMIT` messages of a queue are owed, further ones are refused until some are done.
 * No request is counted for: a look gives an allowance, and the next look is taken beside the requests when that runs
 * low. Only close to the limit does a commit wait for one.
 */
@Injectable()
export class OutboxCeiling {
  private readonly levels = new Map<string, Level>();

  constructor(
    private readonly database: Database,
    @Inject('GATEWAY_ENV') private readonly settings: GatewayEnv,
  ) {}

  /**
   * Of the requests of the next commit, those for which there is room: for all messages of each, or for none of them.
   * The commit before it has ended.
   */
  async admit<R extends Request>(requests: R[]): Promise<R[]> {
    for (const level of this.levels.values()) level.committed = level.taken;
    const waiting = requests.filter((request) => !this.take(request, 'allowance'));
    if (waiting.length === 0) return requests;
    for (const queue of new Set(waiting.map(queueOf))) await this.lookCloser(queue);
    const refused = new Set(waiting.filter((request) => !this.take(request, 'room')));
    return requests.filter((request) => !refused.has(request));
  }

  private take(request: Request, from: 'allowance' | 'room'): boolean {
    const queue = queueOf(request);
    const level = this.levelOf(queue);
    const now = performance.now();
    if (now > level.latest || (now > level.soonest && level.allowance < level.low)) {
      // Should it fail, the commit tells why.
      this.look(queue, level).catch(() => undefined);
    }
    const { length } = request.messages;
    if (length > level[from]) return false;
    level.room -= length;
    level.allowance -= length;
    level.taken += length;
    return true;
  }

  /** Where the last look saw room, another one tells whether it is still there. A full outbox is left in peace. */
  private async lookCloser(queue: string): Promise<void> {
    const level = this.levelOf(queue);
    if (level.room > 0 && performance.now() > level.soonest) await this.look(queue, level);
  }

  private look(queue: string, level: Level): Promise<void> {
    level.looking ??= this.measure(queue, level).finally(() => {
      level.looking = undefined;
    });
    return level.looking;
  }

  private async measure(queue: string, level: Level): Promise<void> {
    const { OUTBOX_LIMIT } = this.settings;
    const { committed } = level;
    const startedAt = performance.now();
    try {
      const [row] = await this.database.query<{ owed: number }>(COUNT, [queue, OUTBOX_LIMIT]);
      level.room = Math.max(0, OUTBOX_LIMIT - (row?.owed ?? 0) - (level.taken - committed));
      level.allowance = Math.floor(level.room / GATEWAYS);
      level.low = level.allowance / 2;
    } finally {
      const endedAt = performance.now();
      level.soonest = endedAt + (endedAt - startedAt) / LOOKING_SHARE;
      level.latest = Math.max(level.soonest, endedAt + LOOK_EVERY_MS);
    }
  }

  private levelOf(queue: string): Level {
    let level = this.levels.get(queue);
    if (!level) {
      // Nothing is known before the first look, which is taken at once.
      level = { room: 1, allowance: 0, low: 1, taken: 0, committed: 0, soonest: 0, latest: 0 };
      this.levels.set(queue, level);
    }
    return level;
  }
}

const queueOf = ({ messages: [first] }: Request): string => first?.queue ?? '';

const COUNT = 'select owed_messages($1, true, $2) + owed_messages($1, false, $2) as owed';
