import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { aMessage, call } from '../../support/client.js';
import { EventReader } from '../../support/event-reader.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { brokenBuild } from '../../support/preloads.js';
import { Valve } from '../../support/valve.js';

let herald: Herald;
const readers: EventReader[] = [];
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery'] });
});
afterAll(() => herald.stop());
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
});

/** Opens a stream of dmurta's feed and waits for the counts with which it begins. */
async function opened(url: string): Promise<EventReader> {
  const reader = await EventReader.open(`${url}/v1/feed/stream`, herald.jwtOf('dmurta'));
  readers.push(reader);
  await eventually(() => reader.of('unread').length > 0);
  return reader;
}

async function send(title: string): Promise<string> {
  const token = herald.token('unlimitedAccessToken');
  return (await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage({ title }) })).body.correlationId;
}

const idsOf = (reader: EventReader) => reader.of('message').map(({ id }) => id as string);

/** Commits a message two seconds after others that were sent later; returns its id, and what a stream showed in the end. */
async function commitLate(url: string): Promise<{ late: string; seen: string[] }> {
  const reader = await opened(url);
  const client = new Client({ connectionString: herald.databaseUrl });
  await client.connect();
  try {
    await client.query('begin');
    const { rows } = await client.query(
      `insert into feed_messages (id, company_id, title, body, author_login, recipient_login, metadata, created_at, queued_at, started_at)
       values (gen_random_uuid(), $1, 'late', 'late', 'admin', 'dmurta', '{}', now(), now(), now()) returning id`,
      [herald.company.id],
    );
    await send('later');
    await sleep(2000);
    await client.query('commit');
    // A gateway that reads too far may miss some of these too.
    for (let seen = false; !seen;) {
      const id = await send('later still');
      seen = await eventually(() => idsOf(reader).includes(id), 1000).catch(() => false);
    }
    return { late: rows[0].id, seen: idsOf(reader) };
  } finally {
    await client.end();
  }
}

it('waits for a transaction that commits later than those that began after it', async () => {
  const { late, seen } = await commitLate(herald.url);
  expect(seen).toContain(late);
  expect(new Set(seen).size).toBe(seen.length);
});

it('a gateway that does not wait for it is found out', async () => {
  const broken = await herald.startService(
    'gateway',
    { preload: brokenBuild('gateway/read-beyond-the-horizon') },
    'broken',
  );
  const { late, seen } = await commitLate(broken.url);
  expect(seen).not.toContain(late);
});

it('shows what nobody announced, while Redis is away, and what is announced once it is back', async () => {
  const valve = await Valve.before(herald.redisUrl);
  try {
    const env = { REDIS_URL: valve.url(herald.redisUrl) };
    const gateway = await herald.startService('gateway', { env }, 'alone');
    const reader = await opened(gateway.url);
    valve.close();
    const away = await send('away');
    await eventually(() => idsOf(reader).includes(away), 10_000);
    valve.open();
    const back = await send('back');
    await eventually(() => idsOf(reader).includes(back), 10_000);
    expect(idsOf(reader)).toEqual([away, back]);
  } finally {
    await herald.service('alone').stop();
    await valve.end();
  }
});
