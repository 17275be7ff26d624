import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { migrate } from '@herald/database';

const template = 'herald_template';

/** An arbitrary number: the advisory lock for making the template. */
const templateLock = 20_261_122;

/** The time within which the connections of a closed pool are gone from Postgres. */
const closingMs = 5_000;

export interface FreshDatabase {
  /** The superuser's. */
  url: string;
  /** Fails when connections to it are still open: a test has to close its own. */
  drop(): Promise<void>;
}

/** The Redis of this test run. Take a namespace of your own in it. */
export function testRedisUrl(): string {
  return given('HERALD_TEST_REDIS_URL');
}

/** The Postgres of this test run, as superuser. Shared: use a `freshDatabase()` for rows. */
export function testPostgresUrl(): string {
  return given('HERALD_TEST_DATABASE_URL');
}

/** The port of the pooler before that Postgres, in a run through one (test/suites/cluster). */
export function testPoolerPort(): number | undefined {
  return Number(process.env['HERALD_TEST_POOLER_PORT']) || undefined;
}

/** An empty, migrated database for one test file, in the run's Postgres or in another one. */
export function freshDatabase(serverUrl = testPostgresUrl()): Promise<FreshDatabase> {
  return create(serverUrl, async (postgres) => {
    await ensureTemplate(serverUrl, postgres);
    return template;
  });
}

/** A database without tables. */
export function emptyDatabase(): Promise<FreshDatabase> {
  return create(testPostgresUrl(), () => Promise.resolve('template0'));
}

async function create(serverUrl: string, from: (postgres: Client) => Promise<string>): Promise<FreshDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asSuperuser(serverUrl, async (postgres) => {
    await postgres.query(`CREATE DATABASE ${name} TEMPLATE ${await from(postgres)}`);
  });
  return { url: urlOf(serverUrl, name), drop: () => drop(serverUrl, name) };
}

async function ensureTemplate(serverUrl: string, postgres: Client): Promise<void> {
  const made = async () => (await postgres.query('SELECT FROM pg_database WHERE datname = $1', [template])).rowCount;
  if (await made()) return;
  await postgres.query('SELECT pg_advisory_lock($1)', [templateLock]);
  try {
    if (await made()) return;
    // Under its name only when it is complete: a failed migration must not become the template.
    const unfinished = `${template}_unfinished`;
    await postgres.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
    await postgres.query(`CREATE DATABASE ${unfinished}`);
    await migrate(urlOf(serverUrl, unfinished));
    await postgres.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
  } finally {
    await postgres.query('SELECT pg_advisory_unlock($1)', [templateLock]);
  }
}

async function drop(serverUrl: string, name: string): Promise<void> {
  await asSuperuser(serverUrl, async (postgres) => {
    const leaked = await openConnections(postgres, name);
    await postgres.query(`DROP DATABASE ${name} WITH (FORCE)`);
    if (leaked.length > 0) {
      throw new Error(`${leaked.length} connections to the test's database were left open: ${leaked.join('; ')}`);
    }
  });
}

async function openConnections(postgres: Client, name: string): Promise<string[]> {
  const deadline = Date.now() + closingMs;
  for (;;) {
    const { rows } = await postgres.query<{ connection: string }>(
      `SELECT concat_ws(' ', usename, application_name, state, left(query, 100)) AS connection
         FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'`,
      [name],
    );
    if (rows.length === 0 || Date.now() > deadline) return rows.map((row) => row.connection);
    await sleep(50);
  }
}

async function asSuperuser<T>(serverUrl: string, work: (postgres: Client) => Promise<T>): Promise<T> {
  const postgres = new Client({ connectionString: serverUrl });
  await postgres.connect();
  try {
    return await work(postgres);
  } finally {
    await postgres.end();
  }
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

function given(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: test/support/global-setup.ts sets it, run by Jest`);
  return value;
}
