import { join } from 'node:path';
import { Database, type Role } from '@herald/database';
import { Folder } from '../faults/servers.js';
import { anAction } from '../../support/actions.js';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { recordAt } from '../../support/actions.js';
import { testPoolerPort, testPostgresUrl } from '../../support/servers.js';
import { PgBouncer } from './pgbouncer.js';

// main.ts says why there is none.
const behindPgBouncer = testPoolerPort() ? describe : describe.skip;

behindPgBouncer('behind PgBouncer in transaction mode', () => {
  let folder: Folder;
  let herald: Herald;
  /** One session for all clients of a role, so that leftovers of one reach the next. */
  let narrow: PgBouncer;
  const databases: Database[] = [];
  beforeAll(async () => {
    folder = await Folder.make();
    narrow = await PgBouncer.start(folder.path, testPostgresUrl(), { default_pool_size: '1' });
    herald = await Herald.start({ services: [], through: { postgres: narrow.port } });
  });
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.close()));
    await herald?.stop();
    await narrow?.stop();
    await folder.remove();
  });

  function databaseOf(role: Role): Database {
    const url = narrow.through(herald.urlFor(role));
    const database = new Database({ url, applicationName: 'test-pooled', poolSize: 4 });
    databases.push(database);
    return database;
  }

  it('lets each role in with its own password, and nobody with another', async () => {
    const gateway = databaseOf('herald_gateway');
    expect(await gateway.query('select current_user as role')).toEqual([{ role: 'herald_gateway' }]);
    const url = new URL(narrow.through(herald.urlFor('herald_gateway')));
    url.password = 'wrong';
    const stranger = new Database({ url: url.href, applicationName: 'test-stranger', poolSize: 1 });
    await expect(stranger.query('select 1')).rejects.toThrow(/authentication failed/);
    await stranger.close();
  });

  it('ends what takes too long, and who dawdles in a transaction, by the limits of the role', async () => {
    const gateway = databaseOf('herald_gateway');
    const limits = await gateway.query(
      `select name, setting from pg_settings
        where name in ('statement_timeout', 'idle_in_transaction_session_timeout') order by name`,
    );
    expect(limits).toEqual([
      { name: 'idle_in_transaction_session_timeout', setting: '10000' },
      { name: 'statement_timeout', setting: '5000' },
    ]);
    await expect(gateway.query('select pg_sleep(10)')).rejects.toMatchObject({ code: '57014' });
  });

  it('never shows a company what another one left on the session', async () => {
    const [first, second] = [herald.company.id, herald.otherCompany.id];
    const at = new Date();
    const [own] = await recordAt(herald.databaseUrl, first, [{ at, body: anAction() }]);
    const [foreign] = await recordAt(herald.databaseUrl, second, [{ at, body: anAction() }]);
    const gateway = databaseOf('herald_gateway');
    const seenBy = (company: string) =>
      gateway.asCompany(company, (tx) => tx.query<{ id: string }>('select id from agent_actions'));
    const rounds = Array.from({ length: 20 }, async () => {
      expect((await seenBy(first)).map(({ id }) => id)).toEqual(expect.arrayContaining([own]));
      expect((await seenBy(second)).map(({ id }) => id)).toEqual([foreign]);
      expect(await gateway.query('select id from agent_actions')).toEqual([]);
    });
    await Promise.all(rounds);
  });

  it('runs prepared statements, whatever an earlier client prepared on the session', async () => {
    const [one, other] = [databaseOf('herald_gateway'), databaseOf('herald_gateway')];
    const rounds = Array.from({ length: 50 }, async (_, n) => {
      const database = n % 2 ? one : other;
      const [row] = await database.prepared<{ n: number }>('select $1::int + 1 as n', [n]);
      expect(row?.n).toBe(n + 1);
      const [text] = await database.prepared<{ t: string }>(`select $1::text || '!' as t`, [`t${n}`]);
      expect(text?.t).toBe(`t${n}!`);
    });
    await Promise.all(rounds);
  });

  it('carries a message from door to feed over one session for each role', async () => {
    await herald.startService('gateway');
    await herald.startService('delivery');
    const token = herald.token('unlimitedAccessToken');
    const sends = Array.from({ length: 50 }, () =>
      call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage() }),
    );
    expect(new Set((await Promise.all(sends)).map(({ status }) => status))).toEqual(new Set([202]));
    await eventually(async () => (await herald.query('select id from feed_messages')).length === 50, 30_000);
  });

  it('is not ready behind one that refuses what connections ask for, says why, and ends in time', async () => {
    const strict = await PgBouncer.start(join(folder.path, 'strict'), testPostgresUrl(), {
      ignore_startup_parameters: '',
    });
    const env = { DATABASE_URL: strict.through(herald.urlFor('herald_delivery')) };
    const service = await herald.startService('delivery', { env }, 'refused');
    const { status, body } = await call('GET', `${service.url}/health/ready`);
    expect([status, body.dependencies]).toEqual([503, { postgres: 'away', redis: 'ok' }]);
    await eventually(() => /unsupported startup parameter/.test(service.log));
    expect(await service.stop()).toBe(0);
    await strict.stop();
  });
});
