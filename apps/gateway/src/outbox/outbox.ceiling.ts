import { countOwed, Database, type NewMessage } from '@herald/database';
import { Inject, Injectable } from '@nestjs/common';
import type { GatewayEnv } from '../gateway.env.js';

/** The messages of one send, all of one queue. */
interface Send {
  messages: NewMessage[];
}

/** A gateway's knowledge of how many messages a queue is owed. */
interface Level {
  /** The number of messages that may still be accepted. */
  room: number;
  /** The number of those that this gateway accepts before it counts again; below `low` a count is due. */
  allowance: number;
  low: number;
  /** Messages reserved so far, and how many of them are committed. */
  reserved: number;
  committed: number;
  /** The next count comes no earlier than `soonest` and, if there are sends, no later than `latest`. */
  soonest: number;
  latest: number;
  counting?: Promise<void>;
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
    for (const level of this.levels.values()) level.committed = level.reserved;
    const waiting = sends.filter((send) => !this.take(send, 'allowance'));
    if (waiting.length === 0) return sends;
    for (const queue of new Set(waiting.map(queueOf))) await this.recountIfRoom(queue);
    const refused = new Set(waiting.filter((send) => !this.take(send, 'room')));
    return sends.filter((send) => !refused.has(send));
  }

  private take(send: Send, from: 'allowance' | 'room'): boolean {
    const queue = queueOf(send);
    const level = this.levelOf(queue);
    const now = performance.now();
    if (now > level.latest || (now > level.soonest && level.allowance < level.low)) {
      // If the count fails, the commit fails too and reports why.
      this.recount(queue, level).catch(() => undefined);
    }
    const { length } = send.messages;
    if (length > level[from]) return false;
    level.room -= length;
    level.allowance -= length;
    level.reserved += length;
    return true;
  }

  /**
   * Counts again if the last count saw room, to learn whether it is still there. A full outbox is not counted
   * repeatedly.
   */
  private async recountIfRoom(queue: string): Promise<void> {
    const level = this.levelOf(queue);
    if (level.room > 0 && performance.now() > level.soonest) await this.recount(queue, level);
  }

  private recount(queue: string, level: Level): Promise<void> {
    level.counting ??= this.count(queue, level).finally(() => {
      level.counting = undefined;
    });
    return level.counting;
  }

  private async count(queue: string, level: Level): Promise<void> {
    const { OUTBOX_LIMIT } = this.settings;
    const { committed } = level;
    const startedAt = performance.now();
    try {
      const owed = await countOwed(this.database, queue, OUTBOX_LIMIT);
      level.room = Math.max(0, OUTBOX_LIMIT - owed - (level.reserved - committed));
      level.allowance = Math.floor(level.room / GATEWAYS);
      level.low = level.allowance / 2;
    } finally {
      const endedAt = performance.now();
      level.soonest = endedAt + (endedAt - startedAt) / COUNTING_SHARE;
      level.latest = Math.max(level.soonest, endedAt + COUNT_EVERY_MS);
    }
  }

  private levelOf(queue: string): Level {
    let level = this.levels.get(queue);
    if (!level) {
      // Nothing is known before the first count, which runs immediately.
      level = { room: 1, allowance: 0, low: 1, reserved: 0, committed: 0, soonest: 0, latest: 0 };
      this.levels.set(queue, level);
    }
    return level;
  }
}

const queueOf = ({ messages: [first] }: Send): string => first?.queue ?? '';
