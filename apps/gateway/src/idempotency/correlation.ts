import { randomFillSync } from 'node:crypto';
import { isKeyReused, traceMessage } from '@herald/contracts';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { v7 } from 'uuid';
import type { Caller } from '../access/caller.js';
import { IdempotencyKey } from './idempotency-key.js';

const POOL = new Uint8Array(4096);
let used = POOL.length;

/** Returns a UUIDv7. Random bytes are drawn for many ids together: drawing them costs more than all the rest. */
function timeOrderedId(): string {
  if (used === POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  return v7({ random: POOL.subarray(used, (used += 16)) });
}

/** The result of a send or a command, as far as it concerns the attempts under one key. */
interface Attempted {
  /** True when an earlier attempt had the effect. */
  replayed: boolean;
  /** Time of the effect. Absent without a key. */
  since?: Date | string;
  /** The correlationId, where it is not that of the key. */
  correlationId?: string;
}

/** The ids of one attempt at a send or a command. */
export class Correlation {
  /** The correlationId: a UUIDv7, or the id of the Idempotency-Key unless that one names an earlier message. */
  id: string;

  constructor(
    readonly key: IdempotencyKey | undefined,
    private readonly response: FastifyReply,
  ) {
    this.id = key?.id ?? timeOrderedId();
  }

  /** Returns the id of one message of a batch. */
  idAt(index: number): string {
    return this.key?.idAt(index) ?? timeOrderedId();
  }

  /**
   * Runs a send or a command and returns its result. When it meets an earlier request whose time is over, it frees the
   * key and runs again: then it is new, or repeats another attempt that was faster.
   */
  async carryOut<Result extends Attempted>(run: () => Promise<Result>): Promise<Result> {
    const { key } = this;
    if (!key) return this.marked(await run());
    const { rememberedKeys } = this.response.server;
    try {
      const result = await run();
      const isOver = result.replayed && result.since && rememberedKeys.endOf(new Date(result.since)) <= new Date();
      if (!isOver) return this.marked(result);
    } catch (error) {
      if (!isKeyReused(error)) throw error;
    }
    await rememberedKeys.free(key);
    return this.marked(await run());
  }

  /** Returns the result, and marks the response with what the client must know of it. */
  private marked<Result extends Attempted>(result: Result): Result {
    const { replayed, since, correlationId } = result;
    if (replayed) void this.response.header('Idempotent-Replayed', 'true');
    if (correlationId) {
      this.id = correlationId;
      void this.response.header('X-Correlation-Id', correlationId);
    }
    if (this.key && since) {
      const end = this.response.server.rememberedKeys.endOf(new Date(since));
      void this.response.header('Idempotency-Expires', end.toISOString());
    }
    return result;
  }
}

/**
 * Returns the correlation of the request, see `Correlated`. The OpenAPI document recognises by it a route that accepts
 * an Idempotency-Key.
 */
export function correlationOf(single: boolean | undefined, context: ExecutionContext): Correlation {
  const request = context.switchToHttp().getRequest<FastifyRequest & { caller: Caller }>();
  const response = context.switchToHttp().getResponse<FastifyReply>();
  const correlation = new Correlation(IdempotencyKey.of(request), response);
  if (single !== false) {
    void response.header('X-Correlation-Id', correlation.id);
    traceMessage(correlation.id);
  }
  return correlation;
}

/**
 * Injects the correlation of a send or a command, and sets `X-Correlation-Id` on the response, unless there are
 * several.
 * @throws Refusal 400 for a malformed Idempotency-Key
 */
export const Correlated = createParamDecorator(correlationOf);
