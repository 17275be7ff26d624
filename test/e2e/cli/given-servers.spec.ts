import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLine } from '../../support/command-line.js';
import { Herald } from '../../support/herald.js';

// Each command of an operator is a process, which a busy machine takes its time to start.
jest.setTimeout(180_000);

let herald: Herald;
let folder: string;
beforeAll(async () => {
  herald = await Herald.start({ services: [] });
  folder = mkdtempSync(join(tmpdir(), 'herald-data-'));
});
afterAll(async () => {
  await herald.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes the file that `npm start` leaves. */
const started = (databaseUrl: string) =>
  writeFileSync(join(folder, 'demo.json'), JSON.stringify({ databaseUrl, redisUrl: herald.redisUrl }));

const beside = (given: Record<string, string>, ...args: string[]) =>
  commandLine({ HERALD_DATA: folder, QUEUE_NAMESPACE: herald.namespace, ...given }, ...args);

const AWAY = 'postgres://127.0.0.1:1/herald';
const dryRun = () => ['erase', '--company', herald.company.id, '--login', 'dmurta', '--dry-run', '--json'];

describe('a command without DATABASE_URL and REDIS_URL', () => {
  it('works on the servers of npm start, and says so where no script reads it', async () => {
    started(herald.databaseUrl);
    const companies = await beside({ DATABASE_URL: '' }, 'companies', 'list', '--json');
    expect(JSON.parse(companies.stdout)).toContainEqual(expect.objectContaining({ id: herald.company.id }));
    expect(companies.stderr).toBe(`On the servers of \`npm start\` (${folder}/demo.json)\n`);
    const erased = JSON.parse((await beside({}, ...dryRun())).stdout);
    expect(erased.wouldErase).toHaveProperty(['jobs in Redis'], 0);
    expect(erased).not.toHaveProperty('notReached');
  });

  it('says that they are away, and what to do', async () => {
    started(AWAY);
    for (const command of [['companies', 'list'], ['migrate'], ['seed', '--actions', '1']]) {
      const { failed, stdout, stderr } = await beside({}, ...command);
      expect([failed, stdout]).toEqual([true, '']);
      expect(stderr).toMatch(/Postgres of `npm start` cannot be used: .*ECONNREFUSED.* Start it with `npm start`/);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  });
});

describe('a command with one of them', () => {
  it('leaves what npm start started alone', async () => {
    started(AWAY);
    const own = await beside({ DATABASE_URL: herald.databaseUrl }, ...dryRun());
    expect(own.stderr).toBe('');
    expect(JSON.parse(own.stdout)).toMatchObject({ notReached: expect.stringContaining('REDIS_URL is not set') });
    const redisAlone = await beside({ REDIS_URL: herald.redisUrl }, 'companies', 'list');
    expect([redisAlone.failed, redisAlone.stderr]).toEqual([true, expect.stringMatching(/DATABASE_URL must be set/)]);
  });

  it('does not call a server away that answered', async () => {
    const readOnly = new URL(herald.databaseUrl);
    readOnly.searchParams.set('options', '-c default_transaction_read_only=on');
    const { failed, stderr } = await beside({ DATABASE_URL: readOnly.href }, 'companies', 'create', 'Late');
    expect([failed, stderr]).toEqual([true, 'herald: cannot execute INSERT in a read-only transaction\n']);
  });
});
