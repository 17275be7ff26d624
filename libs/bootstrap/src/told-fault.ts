import { isIP } from 'node:net';

/**
 * Sentences of drivers and of TLS that quote nothing and say why a server cannot be used. Of a foreign error no other words
 * are shown: a parser's quote its input, Postgres' the values of rows, Redis' the arguments of commands.
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
/** Codes that Redis begins its errors with. */
const REDIS_CODE =
  /^(?:ERR|NOAUTH|WRONGPASS|NOPERM|READONLY|OOM|LOADING|BUSY|NOSCRIPT|MISCONF|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|CROSSSLOT|MOVED|ASK|EXECABORT|WRONGTYPE|NOREPLICAS|UNKILLABLE)\b/;
const NAME = /^[\w.-]{1,63}$/;
const FRAME = /^ {4}at [^"'`]{1,300}$/;
const MAX_CAUSES = 3;

export interface ToldFault {
  type: string;
  /** Of Node, the driver, or SQLSTATE. */
  code?: string | number;
  words?: string;
  syscall?: string;
  address?: string;
  port?: number;
  constraint?: string;
  table?: string;
  column?: string;
  /** Where it was thrown, without its message. */
  stack?: string;
  cause?: ToldFault;
}

/** What a log may say of any error: its kind, where it came from, and of its words those that quote nothing. */
export function toldOf(error: unknown, depth = 0): ToldFault {
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
    cause: inner instanceof Error && depth < MAX_CAUSES ? toldOf(inner, depth + 1) : undefined,
  };
}

/** The same on one line, without the frames. */
export const faultLine = (error: unknown): string => lineOf(toldOf(error));

function lineOf({ type, code, words, syscall, address, port, constraint, cause }: ToldFault): string {
  const place = address && `${address}:${port}`;
  const own = [type, code, words, syscall, place, constraint].filter((each) => each !== undefined).join(' ');
  return cause ? `${own} (${lineOf(cause)})` : own;
}

const nameOf = (value: unknown) => (typeof value === 'string' && NAME.test(value) ? value : undefined);

function wordsOf(error: Error): string | undefined {
  const { message, ownWords } = error as Error & { ownWords?: true };
  if (ownWords) return message;
  const known = KNOWN_WORDS.find((words) => message.includes(words));
  return known ?? (error.constructor.name === 'ReplyError' ? REDIS_CODE.exec(message)?.[0] : undefined);
}

/** The message stands before the frames, on as many lines as it has, and may look like them. */
function framesOf({ stack = '', message }: Error): string | undefined {
  const lines = stack.split('\n').slice(message.split('\n').length);
  const frames = lines.filter((line) => FRAME.test(line));
  return frames.length > 0 ? frames.join('\n') : undefined;
}
