import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Socket } from 'node:net';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Figures } from '../../support/figures.js';
import { Herald, JWT } from '../../support/herald.js';
import { hmac, jwtOf } from '../../support/jwt.js';
import { EventReader } from '../../support/event-reader.js';

const MANY = 5000;
const OF_ONE = 10;
const AT_ONCE = 200;

let herald: Herald;
let sockets: Socket[] = [];
/** A stream of the whole run, to which nothing comes. */
let quiet: EventReader;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery'], env: { MAX_STREAMS: String(MANY + 1) } });
  quiet = await EventReader.open(`${herald.url}/v1/feed/stream`, tokenOf('quiet'));
});
afterAll(() => herald.stop());
afterEach(() => close());

const tokenOf = (login: string) => {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = { iss: JWT.issuer, aud: JWT.userAudience, exp, sub: login, company_id: herald.company.id };
  return jwtOf({ alg: 'HS256', typ: 'JWT' }, claims, hmac(JWT.secret));
};

const openStreams = async (name = 'gateway') => (await Figures.of(herald.service(name))).sum('herald_streams_open');

/** Opens streams on raw connections; each resolves with what it has received so far. */
async function openMany(count: number, url = herald.url): Promise<(() => string)[]> {
  const { hostname, port, host } = new URL(url);
  const texts: (() => string)[] = [];
  for (let n = 0; n < count; n += AT_ONCE) {
    const logins = Array.from({ length: AT_ONCE / OF_ONE }, (_, of) => tokenOf(`many-${n}-${of}`));
    const opened = Array.from({ length: Math.min(AT_ONCE, count - n) }, (_, of) => {
      const socket = connect({ host: hostname, port: Number(port) });
      let text = '';
      sockets.push(socket.on('error', () => undefined));
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.write(
        `GET /v1/feed/stream HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${logins[Math.floor(of / OF_ONE)]}\r\n\r\n`,
      );
      return () => text;
    });
    await eventually(() => opened.every((text) => text().includes('event: unread')), 20_000);
    texts.push(...opened);
  }
  return texts;
}

function close(): void {
  for (const socket of sockets) socket.destroy();
  sockets = [];
}

/** Transactions in Postgres within five seconds; it counts with a delay of its own. */
async function transactions(): Promise<number> {
  const count = async () => {
    const [row] = await herald.query<{ count: string }>(
      'select xact_commit + xact_rollback as count from pg_stat_database where datname = current_database()',
    );
    return Number(row?.count);
  };
  await sleep(1000);
  const before = await count();
  await sleep(5000);
  return (await count()) - before;
}

it('five thousand idle streams ask Postgres for little, and leave nothing behind', async () => {
  const idle = await transactions();
  await openMany(MANY);
  expect(await openStreams()).toBe(MANY + 1);
  const refused = await EventReader.open(`${herald.url}/v1/feed/stream`, herald.jwtOf('dmurta'));
  expect([refused.status, refused.of('refused')[0].message]).toEqual([503, 'Too many streams are open; try again']);
  expect((await transactions()) - idle).toBeLessThan(100);
  close();
  await eventually(async () => (await openStreams()) === 1);
  const reader = await EventReader.open(`${herald.url}/v1/feed/stream`, herald.jwtOf('dmurta'));
  await eventually(() => reader.of('unread').length > 0);
  const token = herald.token('unlimitedAccessToken');
  await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage() });
  await eventually(() => reader.of('message').length === 1);
  reader.close();
});

it('a gateway with a hundred streams ends in time, and tells each one when to come again', async () => {
  const gateway = await herald.startService('gateway', {}, 'second');
  const texts = await openMany(100, gateway.url);
  expect(await gateway.stop()).toBe(0);
  expect(texts.map((text) => /retry: \d+\n\n/.test(text()))).toEqual(texts.map(() => true));
});

it('a stream to which nothing comes has a heartbeat, with a position that moves on', async () => {
  const begun = quiet.events[0]?.id as string;
  await eventually(() => quiet.comments > 0, 30_000);
  expect(BigInt(quiet.lastId as string)).toBeGreaterThan(BigInt(begun));
  quiet.close();
});
