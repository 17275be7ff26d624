import { randomFillSync } from 'node:crypto';
import { traceMessage } from '@herald/contracts';
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

/** The ids of one attempt at a send or a command. */
export class Correlation {
  /** The correlationId: a UUIDv7, or the id of the Idempotency-Key. */
  readonly id: string;

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

  /** Returns the result of the send or command, and marks the response when it is that of an earlier attempt. */
  marked<Result extends { replayed: boolean }>(result: Result): Result {
    if (result.replayed) void this.response.header('Idempotent-Replayed', 'true');
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
