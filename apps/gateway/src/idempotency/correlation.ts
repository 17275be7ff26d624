import { randomFillSync } from 'node:crypto';
import { decodedPathOf } from '@herald/bootstrap';
import { badRequest, traceMessage } from '@herald/contracts';
import { bodyHash } from '@herald/database';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { v5, v7 } from 'uuid';
import type { Caller } from '../access/caller.js';
import type { RequestKey } from '../outbox/outbox-message.js';

/** Herald's namespace for ids derived from names. */
const HERALD = '6f0f1a52-9d0c-5a6e-8c1e-1f1f0b0d7e11';
/** 1 to 255 visible ASCII characters (contracts README, "Idempotency"). */
const KEY = /^[\x21-\x7e]{1,255}$/;

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
export interface Correlation {
  /** The correlationId: a UUIDv7, or with an Idempotency-Key a UUIDv5 of caller, route and key. */
  id: string;
  /** With an Idempotency-Key: identifies the request across all attempts. */
  key?: RequestKey;
  /** Returns the id of one message of a batch. */
  at(index: number): string;
  /** Marks the response as that of an earlier attempt. */
  markReplayed(): void;
}

/** Returns the UUID namespace of a caller; no two callers share one. */
export function namespaceOf(caller: Caller): string {
  if (caller.kind === 'credential') return v5(`credential ${caller.credentialId}`, HERALD);
  const subject = caller.kind === 'person' ? `${caller.companyId} ${caller.login}` : String(caller.merchantId);
  return v5(`${caller.kind} ${caller.issuer} ${subject}`, HERALD);
}

function keyOf(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  const key = String(header).replace(/^"(.*)"$/, '$1');
  if (!KEY.test(key)) throw badRequest('Idempotency-Key must be 1 to 255 visible ASCII characters');
  return key;
}

/** Returns the normalised path: ids may be in either case, any character percent-encoded, with a slash at the end. */
const concretePathOf = ({ url }: FastifyRequest) => decodedPathOf(url).replace(/\/+$/, '').toLowerCase();

/** Returns a function for the ids that all attempts share: of the request, and of its parts. */
function idsOf(request: FastifyRequest & { caller: Caller }, key: string): (part?: string) => string {
  const name = `${request.method} ${concretePathOf(request)} ${key}`;
  const namespace = namespaceOf(request.caller);
  return (part = '') => v5(name + part, namespace);
}

/** The body is hashed on first use: a refused request never needs the hash. */
function requestKey(id: string, body: unknown): RequestKey {
  let hash: Buffer | undefined;
  return {
    id,
    get hash() {
      return (hash ??= bodyHash(body));
    },
  };
}

/**
 * Returns the correlation of the request, see `Correlated`. The OpenAPI document recognises by it a route that accepts
 * an Idempotency-Key.
 */
export function correlationOf(single: boolean | undefined, context: ExecutionContext): Correlation {
  const request = context.switchToHttp().getRequest<FastifyRequest & { caller: Caller }>();
  const response = context.switchToHttp().getResponse<FastifyReply>();
  const key = keyOf(request);
  const derivedId = key === undefined ? undefined : idsOf(request, key);
  const id = derivedId?.() ?? timeOrderedId();
  if (single !== false) {
    void response.header('X-Correlation-Id', id);
    traceMessage(id);
  }
  return {
    id,
    key: derivedId && requestKey(id, request.body),
    at: (index) => derivedId?.(` ${index}`) ?? timeOrderedId(),
    markReplayed: () => void response.header('Idempotent-Replayed', 'true'),
  };
}

/**
 * Injects the correlation of a send or a command, and sets `X-Correlation-Id` on the response, unless there are
 * several.
 * @throws Refusal 400 for a malformed Idempotency-Key
 */
export const Correlated = createParamDecorator(correlationOf);
