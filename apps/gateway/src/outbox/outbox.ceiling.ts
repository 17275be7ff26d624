import { countOwed, Database, type NewMessage } from '@herald/database';
import { Inject, Injectable } from '@nestjs/common';
import type { GatewayEnv } from '../gateway.env.js';
import { Allowance } from './allowance.js';

/** The messages of one send, all of one queue. */
interface Send {
  messages: NewMessage[];
}

/** A gateway's knowledge of a queue between two counts of what it is owed. */
interface Level {
  /** The messages that may still be accepted. */
  allowance: Allowance;
  /** The part that is left to other gateways until the next count. With less than `low` a count is due. */
  rest: number;
  low: number;
  /** Messages of the next commit, which a count does not see. */
  uncommitted: number;
  /** The next count comes no earlier than `soonest` and, if there are sends, no later than `latest`. */
  soonest: number;
  latest: number;
}

/** The room that a gateway sees is divided by this, so that many gateways together do not overfill the outbox. */
const GATEWAYS = 8;
const COUNT_EVERY_MS = 1000;
/** Counting a full outbox costs Postgres time: at most this part of the time is spent on it. */
const COUNTING_SHARE = 0.05;

/**
 * Bounds the outbox: once a queue is owed `OUTBOX_LIMIT` messages, further ones are refused until some are done. Sends
 * do not wait for a count: each count gives an allowance, and the next one runs in the background when that is low. A
 * commit waits for a count only close to the limit.
 */
@Injectable()
export class OutboxCeiling {
  private readonly levels = new Map<string, Level>();

  constructor(
    private readonly database: Database,
    @Inject('GATEWAY_ENV') private readonly settings: GatewayEnv,
  ) {}

  /**
   * Reserves room for the sends of the next commit and returns those that fit, each with all of its messages or none.
   * The previous commit has ended.
   */
  async reserve<S extends Send>(sends: S[]): Promise<S[]> {
    for (const level of this.levels.values()) level.uncommitted = 0;
    const waiting = sends.filter((send) => !this.take(send));
    if (waiting.length === 0) return sends;
    for (const { allowance, soonest } of new Set(waiting.map((send) => this.levelOf(send)))) {
      // An outbox that was full when it was counted last is not counted again for each send.
      if (allowance.left > 0 && performance.now() > soonest) await allowance.renew();
    }
    const refused = new Set(waiting.filter((send) => !this.take(send, 0)));
    return sends.filter((send) => !refused.has(send));
  }

  private take(send: Send, rest?: number): boolean {
    const level = this.levelOf(send);
    const now = performance.now();
    if (now > level.latest || (now > level.soonest && level.allowance.left < level.low)) {
      // If the count fails, the commit fails too and reports why.
      level.allowance.renew().catch(() => undefined);
    }
    const { length } = send.messages;
    if (!level.allowance.spend(length, rest ?? level.rest)) return false;
    level.uncommitted += length;
    return true;
  }

  private async count(queue: string, level: Level): Promise<number> {
    const { OUTBOX_LIMIT } = this.settings;
    const { uncommitted } = level;
    const startedAt = performance.now();
    try {
      const owed = await countOwed(this.database, queue, OUTBOX_LIMIT);
      const room = Math.max(0, OUTBOX_LIMIT - owed - uncommitted);
      const share = Math.floor(room / GATEWAYS);
      level.rest = room - share;
      level.low = room - share / 2;
      return room;
    } finally {
      const endedAt = performance.now();
      level.soonest = endedAt + (endedAt - startedAt) / COUNTING_SHARE;
      level.latest = Math.max(level.soonest, endedAt + COUNT_EVERY_MS);
    }
  }

  private levelOf({ messages: [first] }: Send): Level {
    const queue = first?.queue ?? '';
    const known = this.levels.get(queue);
    if (known) return known;
    // Nothing is known before the first count, which runs immediately.
    const allowance = new Allowance(1, () => this.count(queue, level));
    const level: Level = { allowance, rest: 1, low: 2, uncommitted: 0, soonest: 0, latest: 0 };
    this.levels.set(queue, level);
    return level;
  }
}
