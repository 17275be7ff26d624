import { isIP } from 'node:net';

/**
 * Texts of drivers and of TLS that quote nothing and explain why a server cannot be used. Other texts of foreign errors
 * are not logged: parsers quote their input, Postgres quotes values of rows, and Redis quotes arguments of commands.
 */
const KNOWN_WORDS = [
  'self-signed certificate',
  'unable to verify the first certificate',
  'unable to get local issuer certificate',
  'certificate has expired',
  'certificate required',
  'password authentication failed',
  'unsupported startup parameter',
  'No space left on device',
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Connection is closed',
  'invalid reply: null',
  'No such master',
  'WRONGPASS',
  'NOAUTH',
  'could not renew lock',
  'Missing lock',
];
/** Codes at the start of Redis errors. */
const REDIS_CODE =
  /^(?:ERR|NOAUTH|WRONGPASS|NOPERM|READONLY|OOM|LOADING|BUSY|NOSCRIPT|MISCONF|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|CROSSSLOT|MOVED|ASK|EXECABORT|WRONGTYPE|NOREPLICAS|UNKILLABLE)\b/;
const NAME = /^[\w.-]{1,63}$/;
const FRAME = /^ {4}at [^"'`]{1,300}$/;
const MAX_CAUSES = 3;

export interface FaultDescription {
  type: string;
  /** Code of Node or of the driver, or SQLSTATE. */
  code?: string | number;
  words?: string;
  syscall?: string;
  address?: string;
  port?: number;
  constraint?: string;
  table?: string;
  column?: string;
  /** Stack frames without the message. */
  stack?: string;
  cause?: FaultDescription;
}

/** Returns what may be logged of an error: its kind, its origin, and only texts that quote nothing. */
export function describeFault(error: unknown, depth = 0): FaultDescription {
  if (!(error instanceof Error)) return { type: typeof error };
  const facts = error as Error & Record<string, unknown>;
  const { code, port, address, cause, errors } = facts;
  const inner = cause ?? (Array.isArray(errors) ? (errors as unknown[])[0] : undefined);
  return {
    type: nameOf(error.constructor.name) ?? 'Error',
    code: typeof code === 'number' ? code : nameOf(code),
    words: wordsOf(error),
    syscall: nameOf(facts['syscall']),
    address: typeof address === 'string' && isIP(address) ? address : undefined,
    port: typeof port === 'number' ? port : undefined,
    constraint: nameOf(facts['constraint']),
    table: nameOf(facts['table']),
    column: nameOf(facts['column']),
    stack: framesOf(error),
    cause: inner instanceof Error && depth < MAX_CAUSES ? describeFault(inner, depth + 1) : undefined,
  };
}

/** Describes an error on one line, without stack frames. */
export const faultLine = (error: unknown): string => lineOf(describeFault(error));

function lineOf({ type, code, words, syscall, address, port, constraint, cause }: FaultDescription): string {
  const place = address && `${address}:${port}`;
  const own = [type, code, words, syscall, place, constraint].filter((each) => each !== undefined).join(' ');
  return cause ? `${own} (${lineOf(cause)})` : own;
}

const nameOf = (value: unknown) => (typeof value === 'string' && NAME.test(value) ? value : undefined);

function wordsOf(error: Error): string | undefined {
  const { message, isSafeToLog } = error as Error & { isSafeToLog?: true };
  if (isSafeToLog) return message;
  const known = KNOWN_WORDS.find((words) => message.includes(words));
  return known ?? (error.constructor.name === 'ReplyError' ? REDIS_CODE.exec(message)?.[0] : undefined);
}

/** Skips as many lines as the message has: it precedes the frames and may look like them. */
function framesOf({ stack = '', message }: Error): string | undefined {
  const lines = stack.split('\n').slice(message.split('\n').length);
  const frames = lines.filter((line) => FRAME.test(line));
  return frames.length > 0 ? frames.join('\n') : undefined;
}
