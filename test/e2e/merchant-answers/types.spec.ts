import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { commandLine, PROGRAM } from '../../support/command-line.js';
import { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';
import { onTerminal } from '../../support/terminal.js';

let herald: Herald;
let merchant: Merchant;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herald-types-'));
  herald = await Herald.start({ services: ['gateway', 'merchant-answers'] });
  merchant = new Merchant(herald);
});
afterAll(async () => {
  await herald.stop();
  await rm(folder, { recursive: true, force: true });
});

/** `herald types …` as an operator runs it. */
async function types(...args: string[]): Promise<{ failed: boolean; output: string }> {
  const { failed, stdout, stderr } = await commandLine(herald.databaseUrl, 'types', ...args);
  return { failed, output: failed ? stderr : stdout };
}

const aType = (changes: object = {}) => ({
  name: 'price_request',
  requested_fields: ['product'],
  answered_fields: ['price'],
  context_schema: { type: 'object', properties: { product: { type: 'string' } } },
  answer_schema: {
    type: 'object',
    properties: { price: { type: 'string', pattern: '^\\d+ EUR$' } },
    required: ['price'],
  },
  ...changes,
});

async function add(type: unknown, ...options: string[]) {
  const file = join(folder, 'type.json');
  await writeFile(file, typeof type === 'string' ? type : JSON.stringify(type));
  return types('add', file, ...options);
}

const ask = { notification_type: 'price_request', context: { product: 'chair' } };

it('lists the documented types (contracts README, "Question types")', async () => {
  const { output } = await types('list', '--json');
  expect((await types('list')).output).toBe(output);
  expect(JSON.parse(output)).toMatchObject([
    {
      name: 'user_question_request',
      requested_fields: ['question'],
      answered_fields: ['answer'],
      allow_multiple_answers: false,
    },
    {
      name: 'user_support_request',
      requested_fields: ['support_request_reason'],
      answered_fields: ['agent_response_to_customer', 'resolution_notes'],
    },
  ]);
});

it('lists them as a table on a terminal', async () => {
  const env = { PATH: process.env['PATH'], DATABASE_URL: herald.databaseUrl };
  const shown = await text(onTerminal([process.execPath, PROGRAM, 'types', 'list'], env).stdout!);
  expect(shown).toMatch(/^name +asks for +answered by +answers\r\nuser_question_request +question +answer +one\r\n/);
});

it('adds a type, which can be asked for and answered by its schema at once', async () => {
  expect(await merchant.request(ask)).toMatchObject({ status: 500, body: { detail: 'Invalid notification type' } });
  expect(await add(aType())).toMatchObject({ failed: false });
  const id = await merchant.open(ask);
  expect((await merchant.list('?notification_types=price_request')).body).toMatchObject([
    { id, answered_fields: ['price'] },
  ]);
  expect(await merchant.answer(id, { price: 'dear' })).toMatchObject({
    status: 500,
    body: { detail: 'Answer validation failed against JSON schema: price must match pattern "^\\d+ EUR$"' },
  });
  expect((await merchant.answer(id, { price: '12 EUR' })).status).toBe(200);
});

it('replaces a type only when asked to, and earlier questions keep their rules', async () => {
  const name = { name: 'old_request' };
  const asked = { ...ask, notification_type: 'old_request' };
  await add(aType(name));
  const before = await merchant.open(asked);
  const changed = aType({
    ...name,
    answered_fields: ['offer'],
    answer_schema: { type: 'object' },
    allow_multiple_answers: true,
  });
  expect(await add(changed)).toMatchObject({ failed: true, output: expect.stringContaining('--replace') });
  expect(await add(changed, '--replace')).toMatchObject({ failed: false });
  const after = await merchant.open(asked);
  expect((await merchant.answer(before, { price: '12 EUR' })).status).toBe(200);
  expect((await merchant.answer(before, { price: '12 EUR' })).status).toBe(500);
  for (const offer of ['12', '13']) expect((await merchant.answer(after, { offer })).status).toBe(200);
});

it('judges an answer by the rules of its own notification, whatever passed for another one just before', async () => {
  const asked = { ...ask, notification_type: 'lax_request' };
  await add(aType({ name: 'lax_request', answer_schema: { type: 'object' } }));
  const [lax, laxToo] = [await merchant.open(asked), await merchant.open(asked)];
  expect((await merchant.answer(lax, { price: 'dear' })).status).toBe(200);
  await add(aType({ name: 'lax_request' }), '--replace');
  const strict = await merchant.open(asked);
  expect((await merchant.answer(strict, { price: 'dear' })).body.detail).toContain('must match pattern');
  expect((await merchant.answer(laxToo, { price: 'dear' })).status).toBe(200);
  expect((await merchant.answer(strict, { price: '12 EUR' })).status).toBe(200);
});

it('answers in time although a pattern that would hang elsewhere was stored', async () => {
  await add(
    aType({
      name: 'hostile_request',
      answered_fields: ['text'],
      answer_schema: { type: 'object', properties: { text: { type: 'string', pattern: '^(a|aa|a+)+$' } } },
    }),
  );
  const id = await merchant.open({ ...ask, notification_type: 'hostile_request' });
  for (const [length, detail] of [
    [9_999, 'must match pattern'],
    [50_000, 'at most 10000 characters'],
  ] as const) {
    const start = performance.now();
    const answer = await merchant.answer(id, { text: `${'a'.repeat(length)}!` });
    expect(answer).toMatchObject({ status: 500, body: { detail: expect.stringContaining(detail) } });
    expect(performance.now() - start).toBeLessThan(2000);
  }
});

it.each([
  ['no JSON', '{', /not JSON/],
  ['no object', '[]', /expected object|must be/i],
  ['a name with blanks', aType({ name: 'a b' }), /name:/],
  ['no fields to answer', aType({ answered_fields: [] }), /answered_fields: must name a field/],
  ['a field twice', aType({ requested_fields: ['a', 'a'] }), /twice/],
  ['an unknown setting', aType({ multiple: true }), /multiple/],
  [
    'a remote $ref',
    aType({ answer_schema: { $ref: 'https://example.com/s.json' } }),
    /answer_schema: must refer only to its own parts/,
  ],
  ['a look-behind', aType({ answer_schema: { type: 'string', pattern: '(?<=a)b' } }), /not RE2/],
  ['a schema that is too large', aType({ context_schema: { description: 'x'.repeat(20_000) } }), /16384 bytes/],
])('refuses a file with %s, and says why', async (_, type, reason) => {
  const { failed, output } = await add(type);
  expect(failed).toBe(true);
  expect(output).toMatch(reason);
  expect(output).not.toContain('    at ');
});

it('says so when there is no such file', async () => {
  expect(await types('add', join(folder, 'none.json'))).toMatchObject({
    failed: true,
    output: expect.stringContaining('cannot be read'),
  });
});
