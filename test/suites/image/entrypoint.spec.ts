import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { ROLES, roleUrl } from '@herald/database';
import { startPostgres } from '../../../apps/local/src/servers/postgres.js';
import type { Server } from '../../../apps/local/src/servers/server.js';
import { eventually } from '../../support/eventually.js';
import { dataFolder } from '../../support/herald-up.js';
import { testRedisUrl } from '../../support/servers.js';

const docker = resolve(__dirname, '../../../docker');

/** A program of the image, run here as a container would run it. */
class Program {
  output = '';
  readonly ended: Promise<number | NodeJS.Signals>;
  private readonly child: ChildProcess;

  constructor(file: 'entrypoint.cjs' | 'healthcheck.cjs', args: string[], env: Record<string, string> = {}) {
    const { PATH, HOME } = process.env;
    this.child = spawn(process.execPath, [join(docker, file), ...args], {
      env: { PATH, HOME, NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) stream!.on('data', (text) => (this.output += text));
    this.ended = once(this.child, 'close').then(([code, signal]) => code ?? signal);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

const entrypoint = (args: string[], env?: Record<string, string>) => new Program('entrypoint.cjs', args, env);

describe('what a container runs', () => {
  test('is a service by its name, migrate, or the command line; else it says what there is', async () => {
    const program = entrypoint(['mailer']);
    expect(await program.ended).toBe(2);
    expect(program.output).toMatch(
      /^herald: "mailer" is none of: agent-actions, delivery, gateway, merchant-answers\b/,
    );
    expect(program.output).not.toMatch(/cli|local/);
  });

  test('gives the command line its arguments', async () => {
    const program = entrypoint(['herald', 'migrate', '--help']);
    expect(await program.ended).toBe(0);
    expect(program.output).toContain('HERALD_GATEWAY_PASSWORD');
  });

  test('lists bad settings and ends', async () => {
    const program = entrypoint(['delivery'], { REDIS_URL: 'http://x' });
    expect(await program.ended).toBe(1);
    expect(program.output).toContain('DATABASE_URL: must be set');
    expect(program.output).toContain('REDIS_URL: must be a URL');
  });

  test.each([
    [{ JWT_SECRET_FILE: '/nowhere/secret' }, 'JWT_SECRET_FILE cannot be read: ENOENT'],
    [{ JWT_SECRET_FILE: '/nowhere/secret', JWT_SECRET: 'x' }, 'JWT_SECRET and JWT_SECRET_FILE are both set'],
    [{ DATABASE_PASSWORD: 'x' }, 'DATABASE_PASSWORD needs DATABASE_URL'],
    [
      { REDIS_PASSWORD: 'x', REDIS_URL: 'redis://:y@localhost' },
      'REDIS_URL holds a password, and REDIS_PASSWORD another',
    ],
    [{ REDIS_PASSWORD: 'x', REDIS_URL: 'redis' }, 'REDIS_PASSWORD needs REDIS_URL'],
  ])('refuses %j', async (env, reason) => {
    const program = entrypoint(['gateway'], env);
    expect(await program.ended).toBe(2);
    expect(program.output).toContain(reason);
  });

  test('puts a password into the URL of a cluster too', async () => {
    const env = { REDIS_URL: 'redis+cluster://herald@one:7000,two:7000', REDIS_PASSWORD: 'p@ss/word' };
    const program = entrypoint(['delivery'], env);
    expect(await program.ended).toBe(1);
    expect(program.output).toContain('DATABASE_URL: must be set');
    expect(program.output).not.toContain('REDIS');
  });

  test('leaves the files alone that are no settings of ours', async () => {
    const program = entrypoint(['herald', '--help'], { SSL_CERT_FILE: '/nowhere/certificates' });
    expect(await program.ended).toBe(0);
  });
});

describe('a production start', () => {
  let data: { path: string; remove(): Promise<void> };
  let postgres: Server;
  const passwordOf = (role: string) => `${role}'s p@ss/word%`;

  beforeAll(async () => {
    data = await dataFolder();
    // Roles and their passwords belong to the whole server, which other tests share.
    postgres = await startPostgres({ dataDir: join(data.path, 'postgres') });
    await mkdir(join(data.path, 'secrets'));
  });
  afterAll(async () => {
    await postgres.stop();
    await data.remove();
  });

  async function secret(name: string, value: string): Promise<string> {
    const file = join(data.path, 'secrets', name);
    await writeFile(file, `${value}\n`);
    return file;
  }

  /** The URL without its password, and the password. */
  function parted(url: string): [string, string] {
    const { password } = new URL(url);
    return [url.replace(`:${password}@`, '@'), decodeURIComponent(password)];
  }

  test('migrates and lets the roles in, with passwords from files', async () => {
    const [url, password] = parted(postgres.url);
    const env: Record<string, string> = { DATABASE_URL: url, DATABASE_PASSWORD_FILE: await secret('owner', password) };
    for (const role of ROLES) env[`${role.toUpperCase()}_PASSWORD_FILE`] = await secret(role, passwordOf(role));
    const program = entrypoint(['migrate'], env);
    expect(await program.ended).toBe(0);
    expect(program.output).toContain('herald_merchant_answers');
    expect(program.output).not.toContain('p@ss');
    for (const role of ROLES) {
      const client = new Client({ connectionString: roleUrl(postgres.url, role, passwordOf(role)) });
      await client.connect();
      await client.end();
    }
  });

  test('leaves passwords as they are when none is given', async () => {
    const program = entrypoint(['migrate'], { DATABASE_URL: postgres.url });
    expect(await program.ended).toBe(0);
    expect(program.output).toBe('The schema is up to date.\n');
  });

  test('starts a service with secrets from files; its health is reported, and SIGTERM ends it in order', async () => {
    const role = 'herald_delivery';
    const [redis, redisPassword] = parted(testRedisUrl());
    const program = entrypoint(['delivery'], {
      DATABASE_URL: postgres.url.replace(/\/\/.*@/, `//${role}@`),
      DATABASE_PASSWORD_FILE: await secret('mine', passwordOf(role)),
      REDIS_URL: redis,
      REDIS_PASSWORD_FILE: await secret('redis', redisPassword),
      QUEUE_SECRET_FILE: await secret('queue', 'a secret of at least 32 characters'),
      QUEUE_NAMESPACE: `test-${process.pid}`,
      HEALTH_PORT: '0',
    });
    const url = await eventually(() => /"url":"([^"]+)"/.exec(program.output)?.[1], 60_000);
    const { port } = new URL(url);
    await eventually(async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok);
    const healthcheck = (env: Record<string, string>) => new Program('healthcheck.cjs', [], env).ended;
    expect(await healthcheck({ HEALTH_PORT: port })).toBe(0);
    program.signal('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(await healthcheck({ HEALTH_PORT: port })).toBe(1);
  });
});
