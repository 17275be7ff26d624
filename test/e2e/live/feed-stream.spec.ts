import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { UNHEARD_MS } from '@herald/queue';
import { aLogin, aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { EventReader } from '../../support/event-reader.js';
import { redisAt } from '../../support/redis.js';

let herald: Herald;
const readers: EventReader[] = [];
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery'] });
});
afterAll(() => herald.stop());
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
});

const open = async (headers?: Record<string, string>, jwt = herald.jwtOf('dmurta'), url = herald.url) => {
  const reader = await EventReader.open(`${url}/v1/feed/stream`, jwt, headers);
  readers.push(reader);
  return reader;
};

/** Opens a stream and waits for the counts with which it begins. */
const opened = async (headers?: Record<string, string>, jwt?: string) => {
  const reader = await open(headers, jwt);
  await eventually(() => reader.of('unread').length > 0);
  return reader;
};

const send = async (message: Record<string, unknown>, company = herald.company) => {
  const token = herald.token('unlimitedAccessToken', company);
  const { body } = await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage(message) });
  return body.correlationId as string;
};

const idsOf = (reader: EventReader) => reader.of('message').map(({ id }) => id as string);

it('shows a message as the list does, and how many are unread', async () => {
  const reader = await opened();
  const [before] = reader.of('unread');
  const id = await send({ title: 'live' });
  await eventually(() => idsOf(reader).includes(id));
  const { body } = await call('GET', `${herald.url}/v1/feed?limit=1`, { token: herald.jwtOf('dmurta') });
  expect(reader.of('message')[0]).toEqual(body.data[0]);
  await eventually(() => reader.of('unread').at(-1)?.unread === before.unread + 1);
  await call('PATCH', `${herald.url}/v1/feed/${id}`, { token: herald.jwtOf('dmurta'), body: { status: 'read' } });
  await eventually(() => reader.of('message').some((each) => each.id === id && each.status === 'read'));
  await eventually(() => reader.of('unread').at(-1)?.unread === before.unread);
});

it('goes on after the last event without a gap or a repetition, however often it is cut', async () => {
  const begun = await opened();
  let last = begun.lastId as string;
  begun.close();
  const sent: string[] = [];
  let sending = true;
  const producer = (async () => {
    while (sending) {
      sent.push(...(await Promise.all([send({ title: 'cut' }), send({ title: 'cut' })])));
    }
  })();
  const seen: string[] = [];
  for (let cuts = 0; cuts < 100; cuts++) {
    const reader = await open({ 'last-event-id': last });
    await eventually(() => reader.lastId !== undefined);
    await sleep(20);
    reader.close();
    seen.push(...idsOf(reader));
    last = reader.lastId as string;
  }
  sending = false;
  await producer;
  const reader = await open({ 'last-event-id': last });
  await eventually(() => seen.length + idsOf(reader).length >= sent.length);
  seen.push(...idsOf(reader));
  expect(new Set(seen).size).toBe(seen.length);
  expect(new Set(seen)).toEqual(new Set(sent));
});

it('shows nobody what is not theirs', async () => {
  const login = aLogin();
  const [mine, foreign, colleague] = [
    await opened(),
    await opened({}, herald.jwtOf('dmurta', herald.otherCompany)),
    await opened({}, herald.jwtOf('carla')),
  ];
  const ids = [await send({}), await send({}, herald.otherCompany), await send({ recipientLogin: 'carla' })];
  await send({ recipientLogin: login });
  await eventually(() => [mine, foreign, colleague].every((reader) => idsOf(reader).length > 0));
  await sleep(300);
  expect([idsOf(mine), idsOf(foreign), idsOf(colleague)]).toEqual(ids.map((id) => [id]));
});

it.each(['x', '1.2.3', '0', '999999999999999999', '1-1', '1'.repeat(19), '1.7', `1.${'-'.repeat(36)}`])(
  'begins anew after %p, which it never gave',
  async (id) => {
    const reader = await open({ 'last-event-id': id });
    await eventually(() => reader.of('reset').length === 1);
    const sent = await send({});
    expect(await eventually(() => idsOf(reader).length > 0 && idsOf(reader))).toEqual([sent]);
  },
);

it('takes the last id from the query string where no header can be set', async () => {
  const first = await opened();
  first.close();
  const id = await send({});
  const reader = await EventReader.open(
    `${herald.url}/v1/feed/stream?last_event_id=${first.lastId}`,
    herald.jwtOf('dmurta'),
  );
  readers.push(reader);
  expect(await eventually(() => idsOf(reader).length > 0 && idsOf(reader))).toEqual([id]);
});

it('refuses the eleventh stream of one person, and takes no slot of requests', async () => {
  const ten = await Promise.all(Array.from({ length: 10 }, () => opened()));
  const refused = await open();
  expect([refused.status, refused.of('refused')[0].message]).toEqual([429, 'At most 10 streams may be open at once']);
  const metrics = await (await fetch(herald.service('gateway').metricsUrl)).text();
  expect(metrics).toMatch(/^herald_http_requests_in_flight 0$/m);
  expect(metrics).toMatch(/^herald_streams_open 10$/m);
  ten[0]?.close();
  await eventually(async () => (await open()).status === 200);
});

it('is announced to while somebody listens, and costs Redis nothing otherwise', async () => {
  const [redis, subscriber] = [redisAt(herald.redisUrl), redisAt(herald.redisUrl)];
  const heard: string[] = [];
  try {
    await subscriber.subscribe(`${herald.namespace}:changes`);
    subscriber.on('message', (_channel: string, message: string) => heard.push(message));
    // A gateway whose streams have ended counts as listening for some seconds.
    await eventually(async () => (await redis.exists(`${herald.namespace}:listening`)) === 0, 10_000);
    await sleep(UNHEARD_MS);
    const unheard = await send({ title: 'nobody listens' });
    await eventually(async () => (await herald.query('select from feed_messages where id = $1', [unheard])).length > 0);
    await sleep(50);
    expect(heard.filter((message) => message.includes('audiences'))).toEqual([]);

    const reader = await opened();
    // It may be shown before workers know that somebody listens.
    const first = await send({ title: 'somebody listens' });
    await eventually(() => idsOf(reader).includes(first));
    await eventually(async () => {
      await send({ title: 'announced' });
      return heard.some((message) => message.includes('audiences'));
    });
  } finally {
    redis.disconnect();
    subscriber.disconnect();
  }
});

it('ends within its time on SIGTERM, and says when to come again', async () => {
  const gateway = await herald.startService('gateway', {}, 'second');
  const reader = await open({}, undefined, gateway.url);
  await eventually(() => reader.of('unread').length > 0);
  expect(await gateway.stop()).toBe(0);
  await eventually(() => reader.hasEnded);
  expect(reader.retryMs).toBeGreaterThan(0);
});

it('refuses a stream behind other requests on its connection, whose answer nobody would read', async () => {
  const { hostname, port } = new URL(herald.url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  const head = (path: string) =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${herald.jwtOf('dmurta')}\r\n\r\n`;
  socket.write(`${head('/v1/feed')}${head('/v1/feed/stream')}`);
  await eventually(() => text.includes('A stream needs a connection'));
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  socket.destroy();
});
