import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { launch, type Launched } from '../../../apps/local/src/processes/launch.js';
import { freePort } from '../../../apps/local/src/servers/free-port.js';
import { postgresHome } from '../../../apps/local/src/servers/postgres-account.js';
import { eventually } from '../../support/eventually.js';

const run = promisify(execFile);

interface Binary {
  command: string;
  env: NodeJS.ProcessEnv;
}

/** There is no PgBouncer here, nor a package of it. */
export class NoPgBouncer extends Error {}

/** PgBouncer in transaction mode before a Postgres of ours, as a process of our own. */
export class PgBouncer {
  private constructor(
    readonly port: number,
    readonly version: string,
    private readonly process: Launched,
  ) {}

  /**
   * As libs/database/README.md has it (PgBouncer), with few sessions for many connections; `settings` beside or instead.
   * @throws NoPgBouncer when there is none here
   */
  static async start(folder: string, postgresUrl: string, settings: Record<string, string> = {}): Promise<PgBouncer> {
    mkdirSync(folder, { recursive: true });
    const binary = await binaryIn(folder).catch((error: Error) => {
      throw new NoPgBouncer(error.message.trim().split('\n').at(-1), { cause: error });
    });
    const { stdout } = await run(binary.command, ['--version'], { env: binary.env });
    const version = /\d+\.\d+/.exec(stdout)?.[0] ?? '0.0';
    const port = await freePort();
    const log = join(folder, 'pgbouncer.log');
    const output = openSync(log, 'a');
    const process = await launch({
      name: 'pgbouncer',
      command: binary.command,
      args: [configuration(folder, postgresUrl, { listen_port: String(port), ...statementsOf(version), ...settings })],
      env: binary.env,
      // It refuses to run as root, as Postgres does.
      ...accountOf(folder),
      stdio: ['ignore', output, output],
      endWith: 'SIGINT',
      graceMs: 5000,
    });
    const bouncer = new PgBouncer(port, version, process);
    let ended: string | undefined;
    void process.exited.then((how) => (ended = how));
    await eventually(() => {
      if (ended) throw new Error(`PgBouncer ended (${ended}): ${readFileSync(log, 'utf8')}`);
      return answers(bouncer.through(postgresUrl));
    }, 20_000);
    return bouncer;
  }

  /** The same database and login, by way of here. */
  through(postgresUrl: string): string {
    const url = new URL(postgresUrl);
    url.port = String(this.port);
    return url.href;
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }
}

/** It keeps prepared statements since 1.21; before, it does not know the setting. */
const statementsOf = (version: string): Record<string, string> =>
  Number(version.split('.')[1]) >= 21 ? { max_prepared_statements: '100' } : {};

function configuration(folder: string, postgresUrl: string, settings: Record<string, string>): string {
  const { username, password, hostname, port } = new URL(postgresUrl);
  const users = join(folder, 'users.txt');
  const file = join(folder, 'pgbouncer.ini');
  const all = {
    listen_addr: '127.0.0.1',
    unix_socket_dir: '',
    pool_mode: 'transaction',
    auth_type: 'scram-sha-256',
    auth_file: users,
    auth_user: username,
    default_pool_size: '4',
    max_client_conn: '1000',
    server_login_retry: '1',
    ignore_startup_parameters: 'statement_timeout, idle_in_transaction_session_timeout',
    // Test files drop their databases, and count connections to them before.
    server_idle_timeout: '1',
    ...settings,
  };
  writeFileSync(users, `"${username}" "${password}"\n`);
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  writeFileSync(file, `[databases]\n* = host=${hostname} port=${port}\n[pgbouncer]\n${lines.join('\n')}\n`);
  // The account that it runs as when root tests has to read them.
  for (const each of [users, file]) chmodSync(each, 0o644);
  chmodSync(folder, 0o711);
  return file;
}

function accountOf(folder: string): { uid?: number; gid?: number } {
  const { uid, gid } = postgresHome(folder);
  return { uid, gid };
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** On PATH, else Debian's package, unpacked without being installed. */
async function binaryIn(folder: string): Promise<Binary> {
  const path = (process.env['PATH'] ?? '').split(delimiter);
  const installed = [...path, '/usr/sbin'].map((each) => join(each, 'pgbouncer')).find(existsSync);
  if (installed) return { command: installed, env: process.env };
  const root = join(folder, 'package');
  const command = join(root, 'usr/sbin/pgbouncer');
  if (!existsSync(command)) {
    const debs = join(folder, 'debs');
    mkdirSync(debs, { recursive: true });
    const asRoot = process.getuid?.() === 0 ? ['-o', 'APT::Sandbox::User=root'] : [];
    await run('apt-get', [...asRoot, 'download', ...(await packages())], { cwd: debs });
    for (const deb of readdirSync(debs)) await run('dpkg-deb', ['-x', join(debs, deb), root]);
  }
  const libraries = readdirSync(join(root, 'usr/lib')).map((name) => join(root, 'usr/lib', name));
  return { command, env: { ...process.env, LD_LIBRARY_PATH: libraries.join(delimiter) } };
}

/** With the libraries that the system lacks; what else the package depends on is for running it as a system service. */
async function packages(): Promise<string[]> {
  const { stdout } = await run('apt-cache', ['depends', 'pgbouncer']);
  const libraries = [...stdout.matchAll(/Depends: (lib[^<\s]+)/g)].map(([, name]) => name as string);
  const { stdout: status } = await run('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\n']);
  const present = new Set([...status.matchAll(/^installed (\S+)$/gm)].map(([, name]) => name));
  return ['pgbouncer', ...libraries.filter((name) => !present.has(name))];
}
