import { randomUUID } from 'node:crypto';
import { Actions, anAction, aPerson, counterDifferences } from '../../support/actions.js';
import { aMessage, call } from '../../support/client.js';
import { commandLine } from '../../support/command-line.js';
import { feedCounterDifferences } from '../../support/feed.js';
import { eventually } from '../../support/eventually.js';
import { Herald, JWT } from '../../support/herald.js';
import { hmac, jwtOf } from '../../support/jwt.js';
import { mentions } from '../../support/mentions.js';
import { aDeadLetter } from '../../support/ops.js';

let herald: Herald;
let actions: Actions;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery', 'agent-actions'] });
  actions = new Actions(herald);
}, 60_000);
afterAll(() => herald?.stop());

const login = 'Zoë-who-goes';
const leaver = { ...aPerson(), email: 'leaver@example.com', name: 'Who Leaves' };
const stays = aPerson();

function jwtOfLeaver(): string {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const claims = { iss: JWT.issuer, aud: JWT.userAudience, exp, sub: login, company_id: herald.company.id };
  return jwtOf({ alg: JWT.algorithm, typ: 'JWT' }, claims, hmac(JWT.secret));
}

async function send(message: object, company = herald.company): Promise<string> {
  const token = herald.token('unlimitedAccessToken', company);
  const { status, body } = await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage({ ...message }) });
  expect(status).toBe(202);
  return body.correlationId as string;
}
const delivered = (id: string) =>
  eventually(async () => (await herald.query('select from feed_messages where id = $1', [id])).length === 1, 20_000);
const erase = (...args: string[]) =>
  commandLine(herald.databaseUrl, 'erase', '--company', herald.company.id, '--login', login, ...args);

/** Returns every place that mentions one of these words. */
const told = (...what: string[]) => mentions((sql) => herald.query(sql), ...what);

it('takes a person out of every table, with the figures right while others write, and nobody else', async () => {
  await herald.query('insert into users (company_id, id, login, email, name) values ($1, $2, $3, $4, $5)', [
    herald.company.id,
    leaver.id,
    login,
    leaver.email,
    leaver.name,
  ]);
  const foreign = await send({ recipientLogin: login }, herald.otherCompany);
  const mine = [await send({ recipientLogin: login }), await send({ authorLogin: login })];
  const others = await send({});
  for (const id of [...mine, others, foreign]) await delivered(id);
  const asRead = { token: jwtOfLeaver(), body: { status: 'read' } };
  expect((await call('PATCH', `${herald.url}/v1/feed/${mine[0]}`, asRead)).status).toBe(200);

  const shared: string[] = [];
  for (let n = 0; n < 5; n++)
    shared.push((await actions.record({ recipients: [leaver, stays], sender: leaver })).id as string);
  const alone = (await actions.record({ recipients: [leaver] })).id as string;
  await actions.setStatus(shared[0] as string, stays.id, { status: 'read' });
  await actions.setStatus(shared[1] as string, leaver.id, { status: 'read' });
  await aDeadLetter(herald, {
    company_id: herald.company.id,
    content: JSON.stringify({ companyId: herald.company.id, body: aMessage({ authorLogin: login }) }),
  });
  const kept = await aDeadLetter(herald, {
    company_id: herald.company.id,
    content: JSON.stringify({ companyId: herald.company.id, body: aMessage({ title: login }) }),
  });
  // Owed for a worker that is not there.
  await herald.service('delivery').stop();
  await send({ recipientLogin: login });

  const before = await told(leaver.id, login);
  const dry = await erase('--dry-run');
  expect(dry.stdout).toContain('would be erased: 2 kept answers, 1 owed messages');
  expect(await told(leaver.id, login)).toEqual(before);
  const asUser = ['--company', herald.company.id, '--user', leaver.id, '--dry-run'];
  expect((await commandLine(herald.databaseUrl, 'erase', ...asUser)).stdout).toBe(dry.stdout);
  const unasked = await erase();
  expect(unasked).toMatchObject({ failed: true, stderr: expect.stringContaining('--yes') });

  let writing = true;
  const writers = (async () => {
    while (writing) await actions.post(anAction({ recipients: [stays] }));
  })();
  const { failed, stdout, stderr } = await erase('--yes', '--json');
  writing = false;
  await writers;
  expect({ failed, stderr: failed ? stderr : '' }).toEqual({ failed: false, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({
    companyId: herald.company.id,
    userId: leaver.id,
    login,
    erased: {
      'kept answers': 2,
      'owed messages': 1,
      'messages of the feed': 2,
      'dead letters': 1,
      'actions received': 6,
      'actions sent': 5,
      'emptied feed figures': 1,
      'directory entries': 1,
    },
  });

  const left = await told(leaver.id, login, leaver.email);
  // Somebody of this login in another company keeps their message, and their figures.
  const stay = [`dead_letters: (${kept},`, `feed_counters: (${herald.otherCompany.id},`];
  const own = left.filter((row) => !row.includes(foreign) && !stay.some((start) => row.startsWith(start)));
  expect(own).toEqual([]);
  expect(left.some((row) => row.includes(foreign))).toBe(true);
  await eventually(async () => (await herald.query('select from outbox')).length === 0, 20_000);
  expect(await counterDifferences(herald.databaseUrl)).toEqual([]);
  expect(await feedCounterDifferences(herald.databaseUrl)).toEqual([]);
  // Messages to others stay with them; the state of an action is that of its remaining recipients.
  const [read] = [await actions.recorded(shared[0] as string)];
  expect(read).toMatchObject({ status: 'read', sender_id: null, sender: null });
  expect(read.recipients).toHaveLength(1);
  expect((await actions.recorded(shared[1] as string)).status).toBe('unread');
  expect((await actions.recorded(alone)).recipients).toEqual([]);
  await delivered(others);
}, 120_000);

it('refuses to guess which person is meant', async () => {
  const nobody = await commandLine(herald.databaseUrl, 'erase', '--company', herald.company.id, '--yes');
  expect(nobody).toMatchObject({ failed: true, stderr: expect.stringContaining('Say who') });
  const nowhere = await commandLine(herald.databaseUrl, 'erase', '--company', randomUUID(), '--login', 'x', '--yes');
  expect(nowhere).toMatchObject({ failed: true, stderr: expect.stringContaining('no company') });
  for (const wrong of [
    ['--lead', '+1', '--login', 'x'],
    ['--lead', '+1', '--company', herald.company.id],
    ['--merchant', '1'],
    ['--lead', '+1', '--merchant', 'x'],
  ]) {
    const { failed, stderr } = await commandLine(herald.databaseUrl, 'erase', ...wrong, '--yes');
    expect([failed, stderr]).toEqual([true, expect.stringContaining('merchant')]);
  }
});
