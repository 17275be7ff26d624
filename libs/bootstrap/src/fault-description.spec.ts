import { faultLine, describeFault } from './fault-description.js';

const SECRET = 'OTP 493817';

/** Returns an error as drivers create them: of their own class, with properties besides the message. */
function foreign(type: string, message: string, facts: object = {}): Error {
  const Foreign = { [type]: class extends Error {} }[type]!;
  return Object.assign(new Foreign(message), facts);
}

function parseError(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}

it.each<[string, unknown, object]>([
  ["JSON's", parseError(SECRET), { type: 'SyntaxError' }],
  [
    "Postgres'",
    foreign('DatabaseError', `invalid input syntax for type json: Token "${SECRET}" is invalid.`, {
      code: '22P02',
      detail: SECRET,
      where: SECRET,
      constraint: 'no_codes',
      table: 'feed_messages',
    }),
    { type: 'DatabaseError', code: '22P02', constraint: 'no_codes', table: 'feed_messages' },
  ],
  [
    "Redis'",
    foreign('ReplyError', `ERR unknown command '${SECRET}'`, { command: { args: [SECRET] } }),
    { type: 'ReplyError', words: 'ERR' },
  ],
  [
    'one that looks like a stack',
    foreign('Error', `a\n    at ${SECRET} (file.js:1:1)\n    at ${SECRET} (file.js:1:1)`),
    { type: 'Error' },
  ],
  ['one with content in its facts', foreign('Error', 'x', { code: SECRET, constraint: SECRET, address: SECRET }), {}],
  [
    'one that is caused by another',
    new Error(SECRET, { cause: parseError(SECRET) }),
    { cause: { type: 'SyntaxError' } },
  ],
  ['one of several', new AggregateError([new Error(SECRET)], SECRET), { cause: { type: 'Error' } }],
  ['what is no error', SECRET, { type: 'string' }],
])('of an error, %s text is not shown', (_, error, told) => {
  expect(describeFault(error)).toMatchObject(JSON.parse(JSON.stringify(told)));
  expect(JSON.stringify(describeFault(error)) + faultLine(error)).not.toContain(SECRET);
});

it('shows where an error was thrown, and where a connection was refused', () => {
  const error = foreign('Error', 'connect ECONNREFUSED 127.0.0.1:1', {
    code: 'ECONNREFUSED',
    syscall: 'connect',
    address: '127.0.0.1',
    port: 1,
  });
  expect(describeFault(error).stack).toMatch(/^ {4}at .*fault-description\.spec/);
  expect(faultLine(error)).toBe('Error ECONNREFUSED connect 127.0.0.1:1');
});

it('shows the texts of our own faults, and texts of drivers that quote nothing', () => {
  const own = Object.assign(new Error('Redis is away'), { isSafeToLog: true });
  expect(faultLine(own)).toBe('Error Redis is away');
  expect(faultLine(foreign('ReplyError', 'WRONGPASS invalid username-password pair'))).toBe('ReplyError WRONGPASS');
  expect(describeFault(new Error(`self-signed certificate of ${SECRET}`)).words).toBe('self-signed certificate');
});

it('ends when errors cause each other', () => {
  const [one, other] = [new Error('one'), new Error('other')];
  [one.cause, other.cause] = [other, one];
  expect(faultLine(one)).toBe('Error (Error (Error (Error)))');
});
