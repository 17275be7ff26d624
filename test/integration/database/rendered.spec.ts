import { readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Database, readFeed, type Sql } from '@herald/database';
import { layOut } from '../../support/sql-layout.js';
import { type FreshDatabase, freshDatabase } from '../../support/servers.js';
import { RENDERED } from './rendered.cases.js';

const root = dirname(require.resolve('@herald/database'));
const fileOf = (name: string) => join(root, `${name}.sql`);

/** Keeps what is sent to Postgres. */
class Recorded extends Database {
  sent: { text: string; values?: unknown[] }[] = [];

  override query<Row extends Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]> {
    this.sent.push({ text, values });
    return super.query(text, values);
  }

  override prepared<Row extends Record<string, unknown>>(text: string, values: unknown[]): Promise<Row[]> {
    return this.query(text, values);
  }

  override transaction<T>(work: (tx: Sql, begun: unknown) => Promise<T>, begin?: string): Promise<T> {
    return super.transaction(
      (tx, begun) =>
        work(
          {
            query: (text, values) => {
              this.sent.push({ text, values });
              return tx.query(text, values);
            },
          },
          begun,
        ),
      begin,
    );
  }
}

let fresh: FreshDatabase;
let database: Recorded;
beforeAll(async () => {
  fresh = await freshDatabase();
  database = new Recorded({
    url: fresh.url,
    applicationName: 'test-rendered',
    poolSize: 1,
    statementTimeoutMs: 60_000,
  });
});
afterAll(async () => {
  await database?.close();
  await fresh?.drop();
});

/** The statements that `work` runs, with their parameters. */
async function render(work: (typeof RENDERED)[string]): Promise<string> {
  database.sent = [];
  await work(database);
  const statements = database.sent.map(({ text, values = [] }) => {
    const parameters = values.map((value, index) => `-- $${index + 1}: ${JSON.stringify(value)}\n`).join('');
    return `${parameters}${layOut(text)};\n`;
  });
  return statements.join('\n');
}

describe('the rendered statements are those that run (npm run sql writes them)', () => {
  it.each(Object.entries(RENDERED))('%s', async (name, work) => {
    const rendered = await render(work);
    if (process.env['HERALD_WRITE_SQL']) {
      await mkdir(dirname(fileOf(name)), { recursive: true });
      await writeFile(fileOf(name), rendered);
    }
    expect(rendered).toBe(readFileSync(fileOf(name), 'utf8'));
  });

  it('and each file shows a statement that is rendered here', async () => {
    const folders = [...new Set(Object.keys(RENDERED).map((name) => dirname(name)))];
    const files = await Promise.all(
      folders.map(async (folder) => (await readdir(join(root, folder))).map((file) => join(folder, file))),
    );
    expect(files.flat().toSorted()).toEqual(
      Object.keys(RENDERED)
        .map((name) => `${name}.sql`)
        .toSorted(),
    );
  });

  it('would notice another condition', async () => {
    const changed = await render((given) =>
      readFeed(
        {
          query: (text, values) =>
            given.query(text.replace('recipient_login <> $2', 'recipient_login is not null'), values),
        },
        '123e4567-e89b-12d3-a456-426614174001',
        'dmurta',
        { tab: 'all', limit: 50 },
      ),
    );
    expect(changed).toContain('recipient_login is not null');
    expect(changed).not.toBe(readFileSync(fileOf('delivery/rendered/page'), 'utf8'));
  });
});
