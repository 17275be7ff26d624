import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Incoming, Outgoing } from '../../support/wire.js';
import { isObject } from './rules.js';

export interface Sent {
  request: Outgoing;
  answer: Incoming;
}

/** The parsed body of a request; undefined when the body cannot be read. */
export type Read = { value: unknown } | undefined;

const MERCHANT = '/api/v1/notification';
const MAX_BODY_BYTES = 65_536;
const MAX_BATCH_BYTES = 8 * 1024 * 1024;
const MAX_DEPTH = 64;

const NAMES: Record<number, string> = {
  400: 'ValidationError',
  404: 'NotFound',
  413: 'PayloadTooLarge',
  415: 'UnsupportedMediaType',
  422: 'UnprocessableEntity',
  500: 'ValidationError',
};
const INNARDS = /node_modules|\.js:\d|select .* from |insert into |herald_\w+|violates|syntax/i;

/** Checks the name and envelope of a refusal, and that it leaks no internals. Only merchants' routes may return 500. */
export function faultOfRefusal({ request, answer }: Sent): string | undefined {
  const isMerchants = request.path.startsWith(MERCHANT);
  if (NAMES[answer.status] === undefined || (answer.status === 500 && !isMerchants)) return 'an undocumented status';
  const body = JSON.parse(answer.text) as Record<string, unknown>;
  const { error, message, statusCode, timestamp, path, requestId, detail } = body;
  if (error !== NAMES[answer.status] || statusCode !== answer.status) return 'the wrong name';
  if (
    path !== request.path.split('?')[0] ||
    typeof requestId !== 'string' ||
    Number.isNaN(Date.parse(String(timestamp)))
  )
    return 'a broken envelope';
  if (typeof message !== 'string' || message === '') return 'no message';
  if (isMerchants && detail !== message) return 'no detail';
  return INNARDS.test(message) ? 'tells of innards' : undefined;
}

/** Reads JSON in UTF-8, of bounded size and depth, without keys that forge prototypes (contracts README, "Bodies"). */
export function read({ path, body = '' }: Outgoing): Read {
  const bytes = Buffer.from(body);
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes) || bytes.length > (path.endsWith('/batch') ? MAX_BATCH_BYTES : MAX_BODY_BYTES))
    return undefined;
  if (bytes.length === 0) return { value: undefined };
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    return mayCome(value, MAX_DEPTH) ? { value } : undefined;
  } catch {
    return undefined;
  }
}

function mayCome(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0 || Object.hasOwn(value, '__proto__')) return false;
  if (Object.hasOwn(value, 'constructor')) {
    const { constructor } = value as { constructor: unknown };
    if (isObject(constructor) && Object.hasOwn(constructor, 'prototype')) return false;
  }
  return Object.values(value).every((inner) => mayCome(inner, depth - 1));
}

/** A key that nobody else has is as good as none. */
const UNIQUE = /^[\da-f-]{36}$/;

/** Returns true when the headers are ordinary, so that the body alone decides the outcome. */
const isPlain = ({ headers = {} }: Outgoing) =>
  headers['content-type'] === 'application/json' &&
  UNIQUE.test(headers['idempotency-key'] ?? randomUUID()) &&
  (headers['content-encoding'] ?? 'identity') === 'identity';

/**
 * Checks the response of a route that accepts the bodies for which `isGood` is true. Faults: a good body refused, a bad
 * one accepted, or a malformed refusal.
 */
export function faultOf(sent: Sent, isGood: (body: unknown) => boolean): string | undefined {
  const body = read(sent.request);
  const good = body !== undefined && isGood(body.value);
  const taken = sent.answer.status < 300;
  if (taken && !good) return 'a bad request was taken';
  if (!taken && good && isPlain(sent.request)) return 'a good request was refused';
  return taken ? undefined : faultOfRefusal(sent);
}

/** Returns the first difference between sent and stored messages, by id. */
export function firstDifference(sent: Map<string, unknown>, stored: Map<string, unknown>): unknown {
  for (const [id, expected] of sent) {
    // As JSON has it: -0 is 0.
    const plain: unknown = JSON.parse(JSON.stringify(expected));
    if (!isDeepStrictEqual(plain, stored.get(id))) return { id, sent: plain, stored: stored.get(id) };
  }
  return sent.size === stored.size ? undefined : { sent: sent.size, stored: stored.size };
}
