import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ProcessRecord } from '../../../apps/local/src/processes/record.js';
import { SERVICES } from '@herald/operator';
import { freePort } from '../../../apps/local/src/servers/free-port.js';
import { holdToDocument } from '../../support/checked-fetch.js';
import { commandLine } from '../../support/command-line.js';
import {
  dataFolder,
  type HeraldUp,
  heraldUp,
  heraldUpOnTerminal,
  processesOf,
  startMs,
  stillRunning,
  until,
} from '../../support/herald-up';
import { listeningAt, listeningOf } from '../../support/listening.js';
import { clientOf } from '../../support/typed-client.js';

interface DemoFile {
  databaseUrl: string;
  gateway: string;
  ops: string;
  opsUser: string;
  opsPassword: string;
  metrics: Record<string, string>;
  companies: { accessToken: string; users: { login: string; jwt: string }[] }[];
}

jest.setTimeout(2 * startMs);

/** Only Linux shows where a process listens. */
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

/** One data folder with the runs of `herald up` on it. */
class Place {
  private readonly runs: HeraldUp[] = [];

  private constructor(
    readonly path: string,
    private readonly remove: () => Promise<void>,
    readonly port: number,
    readonly opsPort: number,
  ) {}

  static async make(): Promise<Place> {
    const { path, remove } = await dataFolder();
    return new Place(path, remove, await freePort(), await freePort());
  }

  up(env: Record<string, string> = {}): HeraldUp {
    const run = heraldUp(this.path, this.port, this.opsPort, env);
    this.runs.push(run);
    return run;
  }

  async started(env: Record<string, string> = {}): Promise<HeraldUp> {
    const run = this.up(env);
    await run.started();
    return run;
  }

  get demo(): DemoFile {
    return JSON.parse(readFileSync(join(this.path, 'demo.json'), 'utf8')) as DemoFile;
  }

  get processes(): ProcessRecord[] {
    return processesOf(this.path);
  }

  /** Addresses that its processes listen on, by name. */
  get listening(): Record<string, string[]> {
    const { databaseUrl } = this.demo;
    return Object.fromEntries(
      // Postgres may run as another account.
      this.processes.map(({ name, pid }) => [
        name,
        name === 'postgres' ? listeningAt(Number(new URL(databaseUrl).port)) : listeningOf(pid),
      ]),
    );
  }

  async deliver(): Promise<string> {
    const id = await send(this.demo);
    await until(async () => (await feed(this.demo)).includes(id));
    return id;
  }

  async clear(): Promise<void> {
    for (const run of this.runs) {
      run.end('SIGTERM');
      await run.ended;
    }
    await this.remove();
  }
}

describe('herald up, running', () => {
  let place: Place;
  let run: HeraldUp;

  beforeAll(async () => {
    place = await Place.make();
    run = await place.started();
  }, startMs);
  afterAll(() => place.clear());

  test('secrets and tokens are readable by their owner alone', () => {
    for (const file of ['demo.json', 'secrets.json', 'postgres/password', 'redis/password']) {
      expect(statSync(join(place.path, file)).mode & 0o077).toBe(0);
    }
  });

  test('sessions at ops are signed with a secret of their own', () => {
    const secrets = JSON.parse(readFileSync(join(place.path, 'secrets.json'), 'utf8')) as Record<string, unknown>;
    expect(secrets['opsSession']).toMatch(/^[\da-f]{64}$/);
  });

  test('operators log in with the credentials of demo.json, and every service serves its metrics', async () => {
    const { ops, opsUser, opsPassword, metrics } = place.demo;
    const authorization = `Basic ${Buffer.from(`${opsUser}:${opsPassword}`).toString('base64')}`;
    expect((await fetch(ops)).status).toBe(401);
    expect((await fetch(ops, { headers: { authorization } })).status).toBe(200);
    expect(Object.keys(metrics)).toEqual(['gateway', 'delivery', 'agent-actions', 'merchant-answers', 'ops']);
    for (const url of Object.values(metrics)) expect(await (await fetch(url)).text()).toContain('herald_pool_waiting');
  });

  test('the lines that it prints send a message, wait for it and show it, and lead to the documents', async () => {
    const lines = run.output().split('\n');
    const [send, show] = lines.filter((line) => /^(MESSAGE=|for )/.test(line));
    const { stdout } = await promisify(execFile)('bash', ['-c', `${send}\n${show}`]);
    const [id, page = ''] = stdout.split('\n');
    expect(JSON.parse(page).data.map((item: { id: string }) => item.id)).toContain(id);
    const docs = lines
      .find((line) => line.endsWith('/docs'))
      ?.split(' ')
      .at(-1);
    expect((await fetch(docs as string)).status).toBe(200);
  });

  describeOnLinux('as other machines see it', () => {
    test("every port of every process is this machine's alone", () => {
      const services = SERVICES.map(({ name }) => [name, ['127.0.0.1', '127.0.0.1']]);
      const servers = { postgres: ['127.0.0.1'], redis: ['127.0.0.1'] };
      expect(place.listening).toEqual({ ...Object.fromEntries(services), ...servers });
    });
  });

  test('a second start on the same data says that one runs', async () => {
    const second = place.up();
    expect(await second.ended).toBe(1);
    expect(second.output()).toBe(
      `herald: Herald already runs on ${place.path} (process ${run.pid}). Stop it first: kill ${run.pid}\n`,
    );
  });

  test.each(['delivery', 'redis', 'postgres'])('%s is started again when it dies', async (name) => {
    const before = place.processes.find((each) => each.name === name)!;
    process.kill(before.pid, 'SIGKILL');
    await until(() => place.processes.some((each) => each.name === name && each.pid !== before.pid));
    await until(async () => (await fetch(`${place.demo.gateway}/health/ready`)).ok);
    const id = await place.deliver();
    expect(await feed(place.demo)).toContain(id);
  });
});

describeOnLinux('herald up, open to others', () => {
  let place: Place;

  beforeEach(async () => {
    place = await Place.make();
  });
  afterEach(() => place.clear());

  test('HOST opens the services to other machines, and the servers to none', async () => {
    await place.started({ HOST: '0.0.0.0' });
    const { postgres, redis, ...services } = place.listening;
    expect([postgres, redis]).toEqual([['127.0.0.1'], ['127.0.0.1']]);
    expect(new Set(Object.values(services).flat())).toEqual(new Set(['0.0.0.0']));
    expect(place.demo.gateway).toBe(`http://127.0.0.1:${place.port}`);
    await place.deliver();
  });

  test('a HOST that is not an address is refused with the reason', async () => {
    const run = place.up({ HOST: 'x86_64-conda-linux-gnu' });
    expect(await run.ended).toBe(1);
    expect(run.output()).toContain('HOST must be an address of this machine, or 0.0.0.0 for all of them');
  });
});

describe('herald up, asked for what it cannot do', () => {
  let place: Place;

  beforeEach(async () => {
    place = await Place.make();
  });
  afterEach(() => place.clear());

  test('names every wrong setting of every service at once, before it starts anything', async () => {
    const run = place.up({
      PORT: 'abc',
      LOG_LEVEL: 'loud',
      DATABASE_POOL_SIZE: '1',
      DELIVERY_CONCURRENCY: '0',
      RETENTION_EVERY_MS: 'often',
      JWT_PUBLIC_KEY: 'secret',
      MERCHANT_ANSWERED_EVENTS: '',
    });
    expect(await run.ended).toBe(1);
    expect(run.output().split('\n')).toEqual([
      'herald: Wrong environment variables:',
      '  PORT must be a port number',
      '  LOG_LEVEL Invalid option: expected one of "fatal"|"error"|"warn"|"info"|"debug"|"trace"|"silent"',
      '  DATABASE_POOL_SIZE must be at least 2 (gateway)',
      '  RETENTION_EVERY_MS must be a whole number (gateway, delivery, agent-actions, merchant-answers)',
      '  JWT_PUBLIC_KEY is not for HS256 (gateway)',
      '  DELIVERY_CONCURRENCY must be at least 1 (delivery)',
      '',
    ]);
    expect(readdirSync(place.path)).toEqual([]);
  });

  test('is the same program as a command of herald', async () => {
    const { failed, stderr } = await commandLine({ PORT: 'abc' }, 'up');
    expect([failed, stderr]).toEqual([true, 'herald: Wrong environment variables:\n  PORT must be a port number\n']);
  });

  test.each([
    [{ DATABASE_URL: 'postgres://127.0.0.1:1/herald' }, 'Postgres at DATABASE_URL'],
    [{ REDIS_URL: 'redis://127.0.0.1:1' }, 'Redis at REDIS_URL'],
  ])('says what to do about a server that is away: %j', async (env: Record<string, string>, which) => {
    const run = place.up(env);
    expect(await run.ended).toBe(1);
    expect(run.output()).toMatch(new RegExp(`herald: The ${which} cannot be used: .*ECONNREFUSED.* unset .*\n$`));
    expect(run.output()).not.toMatch(/^\s+at /m);
  });

  test('proposes no port that it takes itself', async () => {
    const run = heraldUp(place.path, 65_534, 65_535);
    const other = createServer();
    await new Promise<void>((listening) => other.listen(65_534, listening));
    expect(await run.ended).toBe(1);
    await new Promise((closed) => other.close(closed));
    expect(run.output()).toMatch(/^herald: Port 65534 is in use. .* PORT=65\d{3} npm start\n$/);
    expect(run.output()).not.toMatch(/PORT=6553[45]/);

    const twice = heraldUp(place.path, place.port, place.port);
    expect(await twice.ended).toBe(1);
    expect(twice.output()).toMatch(
      /^herald: Port \d+ is chosen twice. Choose another for the ops: OPS_PORT=\d+ npm start\n$/,
    );
  });
});

test('herald up shows readable lines of the services on a terminal', async () => {
  const place = await Place.make();
  const run = heraldUpOnTerminal(place.path, place.port, place.opsPort);
  try {
    await run.started();
    expect(run.output()).toMatch(/^gateway +\| \[\d\d:\d\d:\d\d\] .*INFO.*gateway is up/m);
    expect(run.output()).not.toContain('{"level"');
  } finally {
    run.end('SIGTERM');
    await run.ended;
    await place.clear();
  }
});

describe('herald up, ending', () => {
  let place: Place;

  beforeEach(async () => {
    place = await Place.make();
  });
  afterEach(() => place.clear());

  test('SIGTERM leaves no process behind, and the next start has the data', async () => {
    const run = await place.started();
    const id = await place.deliver();
    const { processes } = place;
    expect(processes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['gateway', 'delivery', 'postgres', 'redis']),
    );
    run.end('SIGTERM');
    expect(await run.ended).toBe(0);
    expect(stillRunning(processes)).toEqual([]);

    await place.started();
    expect(await feed(place.demo)).toContain(id);
  });

  test('what it ran ends when it is killed itself, and the next start has the data', async () => {
    const killed = await place.started();
    const id = await place.deliver();
    const { processes } = place;
    killed.end('SIGKILL');
    await until(() => stillRunning(processes).length === 0);

    await place.started();
    expect(await feed(place.demo)).toContain(id);
  });

  test.each(['Starting Postgres', 'Starting Redis', 'Preparing the database', 'Starting gateway'])(
    'Ctrl-C after "%s" leaves no process behind',
    async (step) => {
      const run = place.up();
      await until(() => run.output().includes(step), startMs);
      const { processes } = place;
      run.end('SIGINT');
      expect(await run.ended).toBe(0);
      expect(stillRunning([...processes, ...place.processes])).toEqual([]);
    },
  );

  test.each([
    ['gateway', 'PORT', () => place.port],
    ['ops', 'OPS_PORT', () => place.opsPort],
  ])('the port of the %s in use is named with %s, which moves it', async (name, variable, portOf) => {
    const port = portOf();
    const other = createServer();
    await new Promise<void>((listening) => other.listen(port, listening));
    const run = place.up();
    expect(await run.ended).toBe(1);
    expect(run.output()).toBe(
      `herald: Port ${port} is in use. Choose another for the ${name}: ${variable}=${port + 1} npm start\n`,
    );
    await new Promise((closed) => other.close(closed));
  });
});

async function send({ gateway, companies }: DemoFile): Promise<string> {
  await holdToDocument(gateway);
  const message = { title: 'Teste', body: 'Conteúdo', authorLogin: 'admin', recipientLogin: 'dmurta' };
  const { data } = await clientOf(gateway, companies[0]!.accessToken).POST('/v1/feed/ai', { body: { message } });
  return data!.correlationId;
}

async function feed({ gateway, companies }: DemoFile): Promise<string[]> {
  const { jwt } = companies[0]!.users.find(({ login }) => login === 'dmurta')!;
  const { data } = await clientOf(gateway, jwt).GET('/v1/feed', { params: { query: { tab: 'ai' } } });
  return data!.data.map(({ id }) => id);
}
