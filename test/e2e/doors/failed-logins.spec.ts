import { randomBytes } from 'node:crypto';
import { call } from '../../support/client.js';
import { aCredential } from '../../support/credential.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { preload } from '../../support/preloads.js';

let herald: Herald;
beforeEach(async () => {
  herald = await Herald.start({ services: [], env: { TRUSTED_PROXIES: '127.0.0.1, ::1' } });
});
afterEach(() => herald.stop());

const shown = preload('show-look-ups');
const start = (limit: number) =>
  herald.startService('gateway', { preload: shown, env: { FAILED_LOGINS_PER_MINUTE: String(limit) } });

const get = (token: string, from: string) =>
  call('GET', `${herald.url}/team-notifications/stats`, { token, headers: { 'x-forwarded-for': from } });

const guess = () => `hrld_test_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('hex')}`;

async function storm(guesses: number, from: string): Promise<number[]> {
  const statuses: number[] = [];
  let sent = 0;
  const guessOn = async () => {
    while (sent++ < guesses) statuses.push((await get(guess(), from)).status);
  };
  await Promise.all(Array.from({ length: 25 }, guessOn));
  return statuses;
}

const times = (statuses: number[], wanted: number) => statuses.filter((status) => status === wanted).length;

const loads = () => herald.service('gateway').log.match(/load of secrets/g)?.length ?? 0;
const lookUps = () => herald.service('gateway').log.match(/look-up/g)?.length ?? 0;

it('an address from which too many logins fail is refused, and its guesses are not looked up any more', async () => {
  await start(20);
  const statuses = await storm(150, '203.0.113.7');
  expect([times(statuses, 401), times(statuses, 429)]).toEqual([20, 130]);
  const refused = await get(guess(), '203.0.113.7');
  expect(refused.body).toMatchObject({ error: 'TooManyRequests', statusCode: 429 });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(30);
  expect(lookUps()).toBe(20);
});

it('each of its guesses would be looked up without the limit', async () => {
  await start(0);
  expect(times(await storm(150, '203.0.113.7'), 401)).toBe(150);
  expect(lookUps()).toBe(150);
});

it('others at that address are let in, whether they were before or not', async () => {
  await start(5);
  const [known, unknown] = await Promise.all([aCredential(herald), aCredential(herald)]);
  expect((await get(known.token, '203.0.113.7')).status).toBe(200);
  await storm(10, '203.0.113.7');
  expect((await get(known.token, '203.0.113.7')).status).toBe(200);
  expect((await get(unknown.token, '203.0.113.7')).status).toBe(200);
  expect((await get(guess(), '203.0.113.7')).status).toBe(429);
});

it('in the midst of a storm every right key is let in, and the database is hardly asked', async () => {
  await start(20);
  const keys = await Promise.all(Array.from({ length: 10 }, () => aCredential(herald)));
  await storm(25, '203.0.113.7');
  const started = performance.now();
  const raging = storm(1500, '203.0.113.7');
  const statuses = [];
  for (const { token } of keys) statuses.push((await get(token, '203.0.113.7')).status);
  expect(times(statuses, 200)).toBe(keys.length);
  expect(times(await raging, 429)).toBe(1500);
  expect(lookUps()).toBe(20 + keys.length);
  expect(loads()).toBeLessThanOrEqual(2 + (performance.now() - started) / 250);
});

it('a key that is made or revoked during a storm is known as such soon', async () => {
  await start(5);
  await storm(10, '203.0.113.7');
  const made = await aCredential(herald);
  await eventually(async () => (await get(made.token, '203.0.113.7')).status === 200);
  await herald.query('update credentials set revoked_at = now() where id = $1', [made.id]);
  await eventually(async () => (await get(made.token, '203.0.113.7')).status === 429);
  expect((await get(guess(), '203.0.113.7')).status).toBe(429);
});

it('a guess does not reveal whether its id exists', async () => {
  await start(5);
  const { token } = await aCredential(herald);
  await storm(10, '203.0.113.7');
  const wrong = token.replace(/_\w{64}$/, `_${randomBytes(32).toString('hex')}`);
  const [exists, not] = [await get(wrong, '203.0.113.7'), await get(guess(), '203.0.113.7')];
  const told = ({ status, body }: typeof exists) => [status, body.error, body.message];
  expect(told(exists)).toEqual(told(not));
  expect(lookUps()).toBe(5);
});

it('guesses at the secret of a key that is in use count like any other', async () => {
  await start(5);
  const { token } = await aCredential(herald);
  expect((await get(token, '203.0.113.7')).status).toBe(200);
  const wrong = token.replace(/_\w{64}$/, `_${randomBytes(32).toString('hex')}`);
  expect(wrong).not.toBe(token);
  const statuses = [];
  for (let n = 0; n < 8; n++) statuses.push((await get(wrong, '203.0.113.7')).status);
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
});

it('forged tokens count too, missing ones do not, and an IPv6 network is one address', async () => {
  await start(5);
  const forged = `${herald.jwtOf('dmurta').slice(0, -4)}AAAA`;
  for (let n = 0; n < 8; n++) {
    const answer = await call('GET', `${herald.url}/v1/feed`, { headers: { 'x-forwarded-for': '2001:db8::1' } });
    expect(answer.status).toBe(401);
  }
  const statuses = [];
  for (let n = 1; n <= 8; n++) statuses.push((await get(forged, `2001:db8:0:0:${n}::${n}`)).status);
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
  expect((await get(forged, '2001:db8:0:1::1')).status).toBe(401);
  // A valid credential is accepted.
  const feed = { token: herald.jwtOf('dmurta'), headers: { 'x-forwarded-for': '2001:db8::1' } };
  expect((await call('GET', `${herald.url}/v1/feed`, feed)).status).toBe(200);
});

it('an address is one, with or without a port, mapped into IPv6 or not, and garbage is none', async () => {
  await start(5);
  const spelt = ['203.0.113.7', '203.0.113.7:4711', '::ffff:203.0.113.7', '[::ffff:203.0.113.7]:443', '203.0.113.7:1'];
  const statuses = [];
  for (const from of spelt) statuses.push((await get(guess(), from)).status);
  expect(times(statuses, 401)).toBe(5);
  for (const from of spelt) expect((await get(guess(), from)).status).toBe(429);
  // A value that is not an address counts against the proxy's own address.
  const garbage = [];
  for (let n = 1; n <= 8; n++) garbage.push((await get(guess(), `unknown-${n}`)).status);
  expect(garbage).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
  // A proxy behind the first is known with its port, too.
  expect((await get(guess(), '203.0.113.7, 127.0.0.1:4711')).status).toBe(429);
  expect((await get(guess(), '203.0.113.9, [::1]:443')).status).toBe(401);
});

it('an address is that of the connection when no proxy is trusted', async () => {
  await herald.startService('gateway', { env: { FAILED_LOGINS_PER_MINUTE: '3', TRUSTED_PROXIES: '' } });
  const statuses = [];
  for (let n = 1; n <= 5; n++) statuses.push((await get(guess(), `203.0.113.${n}`)).status);
  expect(statuses).toEqual([401, 401, 401, 429, 429]);
});
