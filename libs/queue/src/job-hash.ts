import { LETTER } from './failed-jobs.js';

/** Limits around a job's arrival within which its producer's timestamp is accepted. */
export interface BelievedTimes {
  behindDays: number;
  aheadMs: number;
}

const BELIEVED: BelievedTimes = { behindDays: 30, aheadMs: 300_000 };
const DAY_MS = 86_400_000;

/** A job's hash in a form that BullMQ can read, and the corrections to write back to Redis. */
export interface ReadableHash {
  fields: Record<string, string>;
  set: Record<string, string>;
  remove: string[];
}

/** Fields that BullMQ reads as any text. */
const TEXTS = ['name', 'data', 'rjk', 'deid', 'defa', 'stacktrace', 'pb'];
/** Counters of BullMQ. */
const COUNTERS = ['atm', 'stc', 'ats'];
const TIMES = ['processedOn', 'delay', 'priority'];
const COUNT = /^\d{1,9}$/;
const TIME = /^\d{1,16}$/;
const MARK_LENGTH = /^.{1,64}$/;
/** Maximum time of a job's attempts, and of keeping it after it failed. */
const GRACE_DAYS = 30;

/**
 * Reads a job's hash as its producer wrote it. Counters, times, options and a parent that BullMQ could not use are
 * replaced, so that they do not prevent a valid message from being processed.
 */
export function readableHash(raw: Map<string, string>, now: number, believed = BELIEVED): ReadableHash {
  const fields: Record<string, string> = { name: '', data: '' };
  const set: Record<string, string> = {};
  const remove: string[] = [];
  for (const field of TEXTS) fields[field] = raw.get(field) ?? fields[field] ?? '';
  for (const field of TIMES) fields[field] = matching(TIME, raw.get(field)) ?? '0';
  for (const field of COUNTERS) {
    const original = raw.get(field);
    fields[field] = matching(COUNT, original) ?? '0';
    if (original !== undefined && fields[field] !== original) set[field] = fields[field];
  }
  const time = raw.get('timestamp');
  // A job that was started before keeps its timestamp, which distinguishes it from another job with the same id.
  const behindDays = believed.behindDays + (fields['ats'] === '1' ? 0 : GRACE_DAYS);
  fields['timestamp'] = isBelieved(time, now, { ...believed, behindDays }) ? time : String(now);
  if (fields['timestamp'] !== time) set['timestamp'] = fields['timestamp'];
  const options = objectOf(raw.get('opts') ?? '{}');
  fields['opts'] = JSON.stringify({ ...usable(options ?? {}), mark: matching(MARK_LENGTH, raw.get(LETTER)) });
  if (!options) set['opts'] = '{}';
  if (raw.has('progress') && !isJson(raw.get('progress') as string)) remove.push('progress');
  if (hasUsableParent(raw)) Object.assign(fields, { parent: raw.get('parent'), parentKey: raw.get('parentKey') });
  else remove.push(...['parent', 'parentKey'].filter((field) => raw.has(field)));
  return { fields, set, remove };
}

const matching = (pattern: RegExp, text: string | undefined) =>
  text !== undefined && pattern.test(text) ? text : undefined;

function isBelieved(text: string | undefined, now: number, { behindDays, aheadMs }: BelievedTimes): text is string {
  const time = Number(matching(TIME, text));
  return time >= now - behindDays * DAY_MS && time <= now + aheadMs;
}

/** Returns the timestamp of a job's hash if it is plausible. */
export const believedTime = (text: string | null, now = Date.now()): number | undefined =>
  isBelieved(text ?? undefined, now, BELIEVED) ? Number(text) : undefined;

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && !Array.isArray(value) ? ((value ?? undefined) as never) : undefined;
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Returns the options that the worker honours; attempts and delays come from its own contract. */
function usable({ tm, repeat, removeOnComplete, removeOnFail }: Record<string, unknown>): object {
  return {
    ...(typeof tm === 'string' ? { tm } : {}),
    ...(typeof repeat === 'object' && repeat ? { repeat } : {}),
    ...(isKeeping(removeOnComplete) ? { removeOnComplete } : {}),
    // Failed jobs are kept within the worker's bounds: a producer may ask for less, not for more.
    ...(removeOnFail === true ? { removeOnFail } : {}),
  };
}

const isKeeping = (value: unknown): boolean =>
  typeof value === 'boolean' ||
  Number.isSafeInteger(value) ||
  (typeof value === 'object' && value !== null && Object.values(value).every(Number.isSafeInteger));

function hasUsableParent(raw: Map<string, string>): boolean {
  const { id, queueKey } = objectOf(raw.get('parent') ?? '') ?? {};
  return typeof id === 'string' && typeof queueKey === 'string' && raw.get('parentKey') === `${queueKey}:${id}`;
}
