import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type Answer, call } from '../../support/client.js';
import { aCredential } from '../../support/credential.js';
import { eventually } from '../../support/eventually.js';
import { Herald, type StartOptions } from '../../support/herald.js';
import { brokenBuild } from '../../support/preloads.js';

type Servers = typeof import('../../../apps/local/src/servers/redis.js');
const { startRedis } = jest.requireActual<Servers>('../../../dist/apps/local/src/servers/redis.js');

let folder: string;
let server: Awaited<ReturnType<Servers['startRedis']>>;
let herald: Herald;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herald-redis-'));
  server = await startRedis({ dataDir: folder });
  herald = await Herald.start({ services: [], redisUrl: server.url });
});
afterEach(async () => {
  process.kill(server.pid, 'SIGCONT');
  await herald.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const start = (options?: StartOptions) => herald.startService('gateway', options);

/** Asks `times` in a row. */
async function ask(times: number, token: string): Promise<{ answers: Answer[]; slowestMs: number }> {
  const answers: Answer[] = [];
  let slowestMs = 0;
  for (let n = 0; n < times; n++) {
    const askedAt = performance.now();
    answers.push(await call('GET', `${herald.url}/team-notifications/stats`, { token }));
    slowestMs = Math.max(slowestMs, performance.now() - askedAt);
  }
  return { answers, slowestMs };
}
const passed = ({ answers }: { answers: Answer[] }) => answers.filter(({ status }) => status === 200).length;

/** Returns how much of a credential's minute is spent according to Redis. */
async function spentInRedis(id: string): Promise<number> {
  const redis = new Redis(server.url);
  try {
    return Number(await redis.get(`{${herald.namespace}:limit:${id}}:burst`));
  } finally {
    redis.disconnect();
  }
}

/** Counting together again shows in Redis. */
const sharesAgain = (id: string, token: string) =>
  eventually(async () => {
    const before = await spentInRedis(id);
    await ask(1, token);
    return (await spentInRedis(id)) > before;
  });

describe('a Redis that stops answering', () => {
  it('keeps nobody waiting, and a caller has what was left to them', async () => {
    await start();
    const { id, token } = await aCredential(herald, { limitPerMinute: 30 });
    expect(passed(await ask(10, token))).toBe(10);
    process.kill(server.pid, 'SIGSTOP');
    const frozen = await ask(25, token);
    expect(frozen.slowestMs).toBeLessThan(1500);
    expect(passed(frozen)).toBe(20);
    expect(new Set(frozen.answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
    process.kill(server.pid, 'SIGCONT');
    const other = await aCredential(herald);
    await sharesAgain(other.id, other.token);
    expect(await spentInRedis(id)).toBeGreaterThanOrEqual(10);
    expect(herald.service('gateway').log).toMatch(/by this gateway alone[\s\S]*by all gateways together again/);
  });

  it('would keep somebody waiting if the gateway did not notice', async () => {
    await start({ preload: brokenBuild('gateway/wait-for-redis') });
    const { token } = await aCredential(herald);
    await ask(1, token);
    process.kill(server.pid, 'SIGSTOP');
    expect((await ask(3, token)).slowestMs).toBeGreaterThan(1500);
  });
});

describe('a Redis that goes away', () => {
  it('refuses nobody, and counts again when it is back', async () => {
    await start();
    const { id, token } = await aCredential(herald, { limitPerMinute: 1000 });
    await ask(2, token);
    server.kill();
    await server.exited;
    const away = await ask(20, token);
    expect(passed(away)).toBe(20);
    expect(away.slowestMs).toBeLessThan(1500);
    expect(away.answers.at(-1)?.headers.get('ratelimit')).toContain('"burst";r=978;');
    server = await startRedis({ dataDir: folder, port: server.port });
    await sharesAgain(id, token);
  });

  it('keeps no gateway from starting', async () => {
    server.kill();
    await server.exited;
    await start();
    const { token } = await aCredential(herald, { limitPerMinute: 2 });
    expect(passed(await ask(4, token))).toBe(2);
    server = await startRedis({ dataDir: folder, port: server.port });
  });
});
