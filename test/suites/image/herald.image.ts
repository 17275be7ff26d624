import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { ROLES, roleUrl } from '@herald/database';
import { type Demo, loadDemo } from '../../../apps/local/src/demo/load-demo.js';
import { freePort } from '../../../apps/local/src/servers/free-port.js';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { basic, OPS_SESSION_SECRET, OPS_USERS } from '../../support/ops-users.js';
import { emptyDatabase, type FreshDatabase, testRedisUrl } from '../../support/servers.js';
import { checkout } from './checkout.js';
import { Container } from './container.js';
import type { Start } from './engine.js';
import { BASE_IMAGE, buildHerald, findEngine } from './herald-image.js';

const IMAGE = `localhost/herald-test-${process.pid}`;
/** The variable with the port of a service that people or clients use. */
const DOORS: Record<string, string> = { gateway: 'PORT', ops: 'OPS_PORT' };
const BUILD_MS = 900_000;
const LIMIT_MB = 250;

const { engine, reason } = findEngine();
// Not the console's: Jest hides that in its reports.
const say = (text: string) => process.stderr.write(`${text}\n`);
if (!engine) say(`SKIPPED: no image was built or run, since there is no engine for it here: ${reason}`);

(engine ? describe : describe.skip)(`the image, built and run by ${engine?.name}`, () => {
  const start = (options: Start) => new Container(engine!, IMAGE, options);
  /** Runs a piece of JavaScript in the image and gives what it prints. */
  const inImage = async (script: string): Promise<string> => {
    const container = start({ entrypoint: 'node', args: ['-e', script] });
    if ((await container.ended) !== 0) throw new Error(container.log);
    return container.log;
  };

  beforeAll(() => buildHerald(engine!, IMAGE), BUILD_MS);
  afterAll(() => engine!.remove(IMAGE));

  test(`adds less than ${LIMIT_MB} MB to its base`, () => {
    const base = engine!.sizeMb(BASE_IMAGE);
    const added = engine!.sizeMb(IMAGE) - base;
    say(`The image is ${added.toFixed(0)} MB over its base of ${base.toFixed(0)} MB (${engine!.name})`);
    expect(added).toBeGreaterThan(0);
    expect(added).toBeLessThan(LIMIT_MB);
  });

  test('contains what services need and no development package', async () => {
    const { packages } = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: boolean }>;
    };
    const paths = Object.keys(packages).filter(Boolean);
    const isThere = `JSON.stringify(${JSON.stringify(paths)}.filter((path) => require('fs').existsSync(path)))`;
    const found = new Set(JSON.parse(await inImage(`console.log(${isThere})`)) as string[]);
    expect(found).toContain('node_modules/bullmq');
    expect([...found].filter((path) => packages[path]!.dev)).toEqual([]);
  });

  test('runs as user node without privileges, and can write nowhere', async () => {
    const probe = `
      const { readFileSync, writeFileSync } = require('fs');
      const status = readFileSync('/proc/self/status', 'utf8');
      const write = (path) => { try { writeFileSync(path, ''); return 'written'; } catch ({ code }) { return code; } };
      console.log(JSON.stringify({
        pid: process.pid, user: require('os').userInfo().username,
        capabilities: /CapEff:\\s*(\\w+)/.exec(status)[1], noNewPrivileges: /NoNewPrivs:\\s*(\\w+)/.exec(status)[1],
        writes: ['/app/x', '/tmp/x', '/home/node/x', '/x'].map(write),
      }));`;
    expect(JSON.parse(await inImage(probe))).toEqual({
      pid: 1,
      user: 'node',
      capabilities: '0000000000000000',
      noNewPrivileges: '1',
      writes: ['EROFS', 'EROFS', 'EROFS', 'EROFS'],
    });
  });

  describe('process 1', () => {
    /** A server that accepts connections and never sends a byte; a process that waits for it can only be stopped. */
    async function stoppedWhileItWaits(options: Omit<Start, 'env'>): Promise<{ code: number; afterMs: number }> {
      const silent = createServer().listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const connected = once(silent, 'connection');
      const container = start({ ...options, env: { DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/nothing` } });
      await connected;
      const signalledAt = Date.now();
      container.signal('SIGTERM');
      const code = await container.ended;
      silent.close();
      return { code, afterMs: Date.now() - signalledAt };
    }

    test('hears SIGTERM before anything else listens for it', async () => {
      const { code } = await stoppedWhileItWaits({ args: ['migrate'] });
      expect(code).toBe(143);
    });

    test('would not hear it without the entrypoint', async () => {
      const args = ['dist/apps/cli/src/main.js', 'migrate'];
      const { code, afterMs } = await stoppedWhileItWaits({ entrypoint: 'node', args });
      // It gave up on Postgres by itself, after 5 s.
      expect(code).toBe(1);
      expect(afterMs).toBeGreaterThan(2000);
    });
  });

  describe('its services', () => {
    const jwt = {
      issuer: 'herald-test',
      userAudience: 'people',
      merchantAudience: 'merchants',
      algorithm: 'HS256',
      secret: 'a secret of at least 32 bytes, for tests only',
    } as const;
    const passwordOf = (role: string) => `${role}-for-tests-only`;
    const services = new Map<string, Container>();
    let database: FreshDatabase;
    let company: Demo['companies'][number];
    const urls = new Map<string, string>();
    let gateway: string;

    async function startService(name: string): Promise<void> {
      const port = String(await freePort());
      const role = `herald_${name.replaceAll('-', '_')}`;
      const container = start({
        args: [name],
        env: {
          DATABASE_URL: roleUrl(database.url, role, passwordOf(role)),
          REDIS_URL: testRedisUrl(),
          QUEUE_NAMESPACE: `image-${process.pid}`,
          QUEUE_SECRET: 'another secret of at least 32 bytes for tests',
          JWT_ISSUER: jwt.issuer,
          JWT_USER_AUDIENCE: jwt.userAudience,
          JWT_MERCHANT_AUDIENCE: jwt.merchantAudience,
          JWT_ALGORITHM: jwt.algorithm,
          JWT_SECRET: jwt.secret,
          OPS_USERS,
          OPS_SESSION_SECRET,
          [DOORS[name] ?? 'HEALTH_PORT']: port,
        },
      });
      services.set(name, container);
      await container.up();
      urls.set(name, `http://127.0.0.1:${port}`);
    }

    beforeAll(async () => {
      database = await emptyDatabase();
      const passwords = ROLES.map((role) => [`${role.toUpperCase()}_PASSWORD`, passwordOf(role)]);
      const migrate = start({
        args: ['migrate'],
        env: { DATABASE_URL: database.url, ...Object.fromEntries(passwords) },
      });
      if ((await migrate.ended) !== 0) throw new Error(migrate.log);
      const demo = await loadDemo({ databaseUrl: database.url, jwt, seed: 'image' });
      company = demo.companies[0]!;
      await Promise.all(['gateway', 'delivery', 'agent-actions', 'merchant-answers', 'ops'].map(startService));
      gateway = urls.get('gateway')!;
    });
    afterAll(async () => {
      await Promise.all([...services.values()].map((container) => container.stop()));
      await database.drop();
    });

    test('are found healthy by the health check of the image', async () => {
      for (const [name, container] of services) {
        expect([name, await eventually(() => container.healthcheck() === 0)]).toEqual([name, true]);
      }
    });

    test('deliver a message, record an action and store an answer', async () => {
      const token = company['unlimitedAccessToken'] as string;
      const sent = await call('POST', `${gateway}/v1/feed/ai`, { token, body: aMessage() });
      expect(sent.status).toBe(202);
      const reader = company.users.find(({ login }) => login === 'dmurta')!.jwt;
      await eventually(async () => {
        const { body } = await call('GET', `${gateway}/v1/feed?tab=ai`, { token: reader });
        return body.data.find(({ id }: { id: string }) => id === sent.body.correlationId);
      });

      const action = { notification_type: 'tool_usage', title: 'Agent used a tool', message: 'From a container' };
      const recorded = await call('POST', `${gateway}/team-notifications`, { token, body: action });
      expect(recorded.status).toBe(202);
      const url = `${gateway}/team-notifications/${recorded.body.correlationId}`;
      await eventually(async () => (await call('GET', url, { token })).status === 200);

      const answer = { token: company.merchants[0]!.jwt, body: { answer: 'We are open Mon-Fri 9am-5pm EST' } };
      const answered = await call('POST', `${gateway}/api/v1/notification/123/answer`, answer);
      expect(answered.status).toBe(200);
    });

    test('show the queues, with all that their page needs', async () => {
      const get = (path: string) => fetch(urls.get('ops') + path, { headers: { authorization: basic('vera') } });
      const page = await (await get('/board/viewer')).text();
      const scripts = [...page.matchAll(/src="(static\/[^"]+)"/g)].map(([, path]) => path);
      expect(scripts.length).toBeGreaterThan(0);
      for (const path of scripts) expect([path, (await get(`/board/viewer/${path}`)).status]).toEqual([path, 200]);
    });

    test('end in order when they get SIGTERM', async () => {
      for (const [name, container] of services) {
        container.signal('SIGTERM');
        expect([name, await container.ended]).toEqual([name, 0]);
        expect(container.log).toContain('SIGTERM: stopping');
      }
    });
  });
});
