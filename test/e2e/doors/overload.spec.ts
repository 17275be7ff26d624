import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Figures } from '../../support/figures.js';
import { Herald } from '../../support/herald.js';
import { brokenBuild, preload } from '../../support/preloads.js';
import type { Service } from '../../support/service.js';

/** The rate that the slowed gateway accepts. */
const CAPACITY_PER_SECOND = 20;
/** Accepted requests wait 0.2 s: four are in the gateway, two of them being worked on. A busy machine needs longer. */
const HELD_MS = 4000;
const GIVE_UP_MS = 10_000;

let herald: Herald;
beforeEach(async () => {
  herald = await Herald.start({ services: [] });
});
afterEach(() => herald.stop());

const inFlightOf = async (service: Service) => (await Figures.of(service)).sum('herald_http_requests_in_flight');

const send = () =>
  call('POST', `${herald.url}/v1/feed/ai`, { token: herald.token('unlimitedAccessToken'), body: aMessage() });

interface Outcome {
  status: number;
  ms: number;
}

/** Requests that arrive at a rate, whatever becomes of those before; one that is not answered in time counts as that slow. */
async function load(perSecond: number, seconds: number): Promise<Outcome[]> {
  const begin = performance.now();
  const outcomes = Array.from({ length: perSecond * seconds }, async (_, n): Promise<Outcome> => {
    const dueMs = (n * 1000) / perSecond;
    while (performance.now() - begin < dueMs) await sleep(5);
    const sentAt = performance.now();
    const late = new Promise<{ status: number }>((give) => setTimeout(() => give({ status: 0 }), GIVE_UP_MS).unref());
    const { status } = await Promise.race([send(), late]);
    return { status, ms: performance.now() - sentAt };
  });
  return Promise.all(outcomes);
}

function p99(outcomes: Outcome[]): number {
  const sorted = outcomes.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] as number;
}

/** Sends a gateway five times the requests that it can work off, and returns what became of them. */
async function underLoad() {
  await load(CAPACITY_PER_SECOND / 2, 1);
  const outcomes = await load(CAPACITY_PER_SECOND * 5, 4);
  const of = (status: number) => outcomes.filter((outcome) => outcome.status === status);
  return { outcomes, accepted: of(202), refused: of(503) };
}

describe('five times as many requests as the gateway can work on', () => {
  it('are refused at once above the cap, and those that are accepted do not wait for the others', async () => {
    await herald.startService('gateway', {
      preload: preload('slow-commits'),
      env: { MAX_IN_FLIGHT: '4' },
    });
    const { outcomes, accepted, refused } = await underLoad();
    expect(accepted.length + refused.length).toBe(outcomes.length);
    expect(accepted.length).toBeGreaterThan(CAPACITY_PER_SECOND * 2);
    expect(p99(accepted)).toBeLessThan(HELD_MS);
    expect(p99(refused)).toBeLessThan(HELD_MS);
  });

  it('would make everyone wait without the cap', async () => {
    await herald.startService('gateway', { preload: brokenBuild('gateway/no-cap') });
    const { outcomes, refused } = await underLoad();
    expect(refused).toEqual([]);
    expect(p99(outcomes)).toBeGreaterThan(HELD_MS);
  });
});

describe('a full gateway', () => {
  const CAP = 3;
  let open: Socket[];
  /** Requests whose bodies do not end. */
  beforeEach(async () => {
    await herald.startService('gateway', { env: { MAX_IN_FLIGHT: String(CAP) } });
    const { hostname, port } = new URL(herald.url);
    open = Array.from({ length: CAP }, () => {
      const socket = connect(Number(port), hostname);
      socket.write(
        `POST /v1/feed/ai HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${herald.token('unlimitedAccessToken')}\r\n` +
          'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
      );
      return socket;
    });
    await eventually(async () => (await inFlightOf(herald.service('gateway'))) === CAP);
    expect((await send()).status).toBe(503);
  });
  afterEach(() => {
    for (const socket of open) socket.destroy();
  });

  it('says so in the envelope, to anyone and on any route, and when to come back', async () => {
    for (const path of ['/v1/feed/ai', '/nowhere', '/openapi.json']) {
      const answer = await call('GET', `${herald.url}${path}`);
      expect(answer).toMatchObject({ status: 503, body: { error: 'ServiceUnavailable', statusCode: 503, path } });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.headers.get('x-request-id')).toBe(answer.body.requestId);
    }
  });

  it('still reports that it is alive and ready', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      expect((await call('GET', `${herald.url}${path}`)).status).toBe(200);
    }
  });

  it('has room again when those inside hang up, and fills up no more', async () => {
    for (const socket of open) socket.destroy();
    await eventually(async () => (await send()).status === 202);
    for (let n = 0; n < 3 * CAP; n++) expect((await send()).status).toBe(202);
  });

  it('counts a large body for as many as have arrived of it, whatever was announced', async () => {
    for (const socket of open) socket.destroy();
    await eventually(async () => (await send()).status === 202);
    const { hostname, port } = new URL(herald.url);
    for (const length of [`Content-Length: ${8 * 1024 * 1024}`, 'Transfer-Encoding: chunked']) {
      const chunk = (bytes: number) => (length.startsWith('T') ? `${bytes.toString(16)}\r\n` : '') + ' '.repeat(bytes);
      const socket = connect(Number(port), hostname);
      socket.write(
        `POST /v1/feed/ai/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${herald.token('unlimitedAccessToken')}\r\n` +
          `Content-Type: application/json\r\n${length}\r\n\r\n${chunk(CAP * 64 * 1024)}`,
      );
      await eventually(async () => (await inFlightOf(herald.service('gateway'))) >= CAP);
      expect((await send()).status).toBe(503);
      socket.destroy();
      await eventually(async () => (await send()).status === 202);
      const slow = connect(Number(port), hostname);
      slow.write(
        `POST /v1/feed/ai/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${herald.token('unlimitedAccessToken')}\r\n` +
          `Content-Type: application/json\r\n${length}\r\n\r\n${length.startsWith('T') ? '1\r\n{' : '{'}`,
      );
      await eventually(async () => (await inFlightOf(herald.service('gateway'))) === 1);
      for (let n = 0; n < 10; n++) expect((await send()).status).toBe(202);
      slow.destroy();
      await eventually(async () => (await inFlightOf(herald.service('gateway'))) === 0);
    }
  });

  it('logs a storm of refusals in a few lines', async () => {
    await Promise.all(Array.from({ length: 200 }, send));
    const lines = herald
      .service('gateway')
      .log.split('\n')
      .filter((line) => line.includes('requests are in work'));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(20);
  });
});
