import { isUuid } from '@herald/contracts';
import { CONTRACTS, FIELD_NAMES } from './known-names.js';

/** The replacement for hidden text. */
export const HIDDEN = '•••';
const MAX_LENGTH = 4000;

/** The words that Herald, Postgres, Redis and Node use in error messages. */
const WORDS = new Set(
  `a an and are at be been but by for from has have in into is isn't it its no not of on or than that the their there to
  too was were which while with within without already also another any different each every exactly least less more most
  only other same still yet and if when time times

  must hold holds name names carry carries belong belongs use given keep kept known unknown missing required absent empty
  invalid valid input expected received unrecognized key keys undefined null nullish string number boolean object array
  record date type types value values field fields data body job jobs queue queues message messages metadata company
  companies conversation merchant question notification answer correlationid companyid id ids uuid uuids rfc iso json utf-8
  url https e-mail address character characters visible control lone surrogate surrogates letter letters digit digits
  lower-case item items entry entries level levels deep long short large small bytes twice user users schema option options
  contract broken handler method failed fails fault error found refused accepted replayed owed delivered done gone property
  properties additional version text

  insert update delete select table column relation row rows violates foreign unique check not-null primary constraint
  duplicate syntax near out range integer bigint character varying encoding byte sequence unicode escape unsupported
  deadlock detected canceling statement due timeout lock permission denied database does exist exists terminating
  terminated connection connections administrator command many clients reserved remaining shutting down starting up
  recovery read-only transaction cannot could execute password authentication role server closed unexpectedly aborted
  serialize access concurrent numeric timestamp date/time json zone overflow precision

  redis postgres away silent closed stream writeable command timed oom readonly memory maxmemory limit exceeded retries per
  request econnrefused econnreset etimedout epipe enotfound eai_again ehostunreach connect read write reset refused peer
  unexpected token end position after element double-quoted bad exponent literal number worker workers died hung stalled
  lost often whole above attempt attempts run ran stopped process`
    .split(/\s+/)
    .filter(Boolean)
    .concat(CONTRACTS.map(({ queue }) => queue)),
);

/**
 * Removes quoted content from an error. Known words, field names and UUIDs stay; every other word is hidden, however it
 * is quoted or escaped.
 */
export function maskedError(error: string): string {
  const words = error.slice(0, MAX_LENGTH).split(/\s+/).filter(Boolean).map(shownWord);
  return words.filter((word, n) => word !== HIDDEN || words[n - 1] !== HIDDEN).join(' ');
}

function shownWord(word: string): string {
  const [, core = '', end = ''] = /^["'`([]*(.*?)(["'`)\].,:;]*)$/s.exec(word) ?? [];
  const mark = end.replaceAll(/[^,:;.]/g, '').slice(0, 1);
  const isId: boolean = isUuid(core);
  if (isId || WORDS.has(core.toLowerCase())) return core + mark;
  const path = core.split('.');
  const isPath = FIELD_NAMES.has(path[0] as string) && (path.length > 1 || mark === ':');
  return isPath ? path.map((name) => (FIELD_NAMES.has(name) ? name : HIDDEN)).join('.') + mark : HIDDEN;
}
