import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Figures } from '../../support/figures.js';
import { Herald } from '../../support/herald.js';
import { brokenBuild } from '../../support/preloads.js';
import { sendRaw } from '../../support/raw-http.js';

const keepSlots = brokenBuild('gateway/keep-slots');
const JSON_TYPE = 'Content-Type: application/json\r\n';

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: [] });
  await herald.startService('gateway', {
    env: { BODY_GRACE_MS: '1000', STALL_TIMEOUT_MS: '5000', STUCK_AFTER_MS: '1500' },
  });
});
afterAll(() => herald.stop());

const bearer = () => `Authorization: Bearer ${herald.token('unlimitedAccessToken')}\r\n`;
const inFlight = async () => (await Figures.of(herald.service('gateway'))).sum('herald_http_requests_in_flight');
const open = (text: string) => {
  const { hostname, port } = new URL(herald.url);
  const socket = connect(Number(port), hostname);
  socket.write(text);
  socket.on('error', () => undefined);
  return socket;
};

describe('a body that stops arriving', () => {
  it.each([
    ['ordinary', '/v1/feed/ai', 'Content-Length: 100\r\n', '{'],
    ['large', '/v1/feed/ai/batch', `Content-Length: ${8 * 1024 * 1024}\r\n`, '{'],
    ['large, after much of it', '/v1/feed/ai/batch', `Content-Length: ${8 * 1024 * 1024}\r\n`, ' '.repeat(300_000)],
    ['in chunks', '/v1/feed/ai/batch', 'Transfer-Encoding: chunked\r\n', '1\r\n{\r\n'],
  ])('is 408 after the grace (%s)', async (_, path, length, body) => {
    const answer = await sendRaw(
      herald.url,
      `POST ${path} HTTP/1.1\r\nHost: x\r\n${bearer()}${JSON_TYPE}${length}\r\n${body}`,
    );
    expect(answer).toMatchObject({ status: 408, body: { error: 'RequestTimeout', path } });
    expect(answer.headers['connection']).toBe('close');
    await eventually(async () => (await inFlight()) === 0);
  });
});

it.each(['', 'Content-Type: text/plain\r\n'])('a body of no type that does not come is 408 too (%j)', async (type) => {
  const answer = await sendRaw(
    herald.url,
    `POST /v1/feed/ai HTTP/1.1\r\nHost: x\r\n${bearer()}${type}Transfer-Encoding: chunked\r\n\r\n`,
  );
  expect(answer).toMatchObject({ status: 408, body: { error: 'RequestTimeout' } });
});

it('a slow client that goes on is served', async () => {
  const text = JSON.stringify(aMessage({ metadata: { note: 'x'.repeat(3000) } }));
  const socket = open(
    `POST /v1/feed/ai HTTP/1.1\r\nHost: x\r\n${bearer()}${JSON_TYPE}Content-Length: ${Buffer.byteLength(text) + 25_000}\r\n\r\n`,
  );
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString()));
  const padded = ' '.repeat(25_000) + text;
  for (let at = 0; at < padded.length; at += 2500) {
    socket.write(padded.slice(at, at + 2500));
    await sleep(250);
  }
  expect(await eventually(() => received.includes('202 Accepted'))).toBe(true);
  socket.destroy();
});

it('a response that the client does not read takes no slot, and its connection is closed', async () => {
  const bundle = 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n';
  const socket = open(bundle.repeat(30)).pause();
  await eventually(async () => (await inFlight()) === 0);
  const gone = eventually(() => socket.readyState === 'closed', 20_000);
  // A client that reads again sees the end of the connection.
  await sleep(12_000);
  socket.resume();
  await gone;
  expect(socket.bytesRead).toBeLessThan(30 * 1_000_000);
});

describe('the files of the reference page', () => {
  const path = '/docs/swagger-ui-bundle.js';
  it('are compressed for those who take it', async () => {
    const ask = (encoding: string) => fetch(`${herald.url}${path}`, { headers: { 'accept-encoding': encoding } });
    const [zipped, plain, refused] = await Promise.all([ask('gzip, br'), ask('identity'), ask('gzip;q=0')]);
    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(Number(zipped.headers.get('content-length'))).toBeLessThan(700_000);
    expect(refused.headers.get('content-encoding')).toBe(null);
    expect(await zipped.text()).toBe(await plain.text());
  });

  it.each([path, '/openapi.json'])('%s is not sent again to those who have it', async (file) => {
    const first = await fetch(`${herald.url}${file}`);
    await first.text();
    const etag = first.headers.get('etag') as string;
    const again = await fetch(`${herald.url}${file}`, { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });
});

describe('requests ahead on a connection', () => {
  const ask = (times: number) => {
    const socket = open('GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(times));
    const answers = { text: '' };
    socket.on('data', (chunk) => (answers.text += chunk.toString()));
    return { socket, answered: (status = 200) => answers.text.split(`HTTP/1.1 ${status} `).length - 1 };
  };

  it('are answered, as many as it may have in work', async () => {
    const { socket, answered } = ask(32);
    expect(await eventually(() => answered() === 32)).toBe(true);
    socket.destroy();
  });

  it('close it when they are more, without waiting for what is in work', async () => {
    const { socket, answered } = ask(10_000);
    await eventually(() => socket.readyState === 'closed');
    expect(answered() + answered(503)).toBeLessThan(33);
    await eventually(async () => (await inFlight()) === 0);
  });
});

it('a caller with a share of the cap in work is refused, and nobody else is', async () => {
  const small = await herald.startService('gateway', { env: { MAX_IN_FLIGHT: '16' } }, 'small');
  const { hostname, port } = new URL(small.url);
  const held = Array.from({ length: 4 }, () => {
    const socket = connect(Number(port), hostname);
    socket.write(`POST /v1/feed/ai HTTP/1.1\r\nHost: x\r\n${bearer()}${JSON_TYPE}Content-Length: 100\r\n\r\n{`);
    return socket;
  });
  const send = (token: string) => call('POST', `${small.url}/v1/feed/ai`, { token, body: aMessage() });
  await eventually(async () => (await Figures.of(small)).sum('herald_http_requests_in_flight') === 4);
  const refused = await send(herald.token('unlimitedAccessToken'));
  expect(refused.status).toBe(503);
  expect(refused.body).toMatchObject({ error: 'ServiceUnavailable', statusCode: 503 });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await send(herald.token('unlimitedAccessToken', herald.otherCompany))).status).toBe(202);
  for (const socket of held) socket.destroy();
  // The largest batch there is weighs more than its sender's share, and gets in when nothing else of it is in work.
  const message = aMessage({ metadata: { note: 'x'.repeat(3000) } });
  await eventually(async () => {
    const { status } = await call('POST', `${small.url}/v1/feed/ai/batch`, {
      token: herald.token('unlimitedAccessToken'),
      body: `{"messages":[${JSON.stringify(message)}]${' '.repeat(8_000_000)}}`,
    });
    return status === 202;
  });
  await small.stop();
});

it('slots that stay without their connections make a gateway unhealthy', async () => {
  const broken = await herald.startService(
    'gateway',
    { preload: keepSlots, env: { STUCK_AFTER_MS: '1500' } },
    'broken',
  );
  const { hostname, port } = new URL(broken.url);
  const socket = connect(Number(port), hostname);
  socket.write(`POST /v1/feed/ai HTTP/1.1\r\nHost: x\r\n${bearer()}${JSON_TYPE}Content-Length: 100\r\n\r\n{`);
  await eventually(async () => (await Figures.of(broken)).sum('herald_http_requests_in_flight') === 1);
  expect((await call('GET', `${broken.url}/health/live`)).status).toBe(200);
  socket.destroy();
  await eventually(async () => (await call('GET', `${broken.url}/health/live`)).status === 503, 20_000);
  await broken.kill();
});
