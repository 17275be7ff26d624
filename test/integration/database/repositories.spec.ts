import { randomUUID } from 'node:crypto';
import { Database, freshToken, insertCompany, insertCredential, isOutage, listCredentials } from '@herald/database';
import { Pool } from 'pg';
import { Company } from '../../../libs/database/src/schema/entities/company.entity.js';
import { Credential } from '../../../libs/database/src/schema/entities/credential.entity.js';
import { NotificationType } from '../../../libs/database/src/schema/entities/notification-type.entity.js';
import { User } from '../../../libs/database/src/schema/entities/user.entity.js';
import { freshDatabase, type FreshDatabase } from '../../support/servers.js';

const NAME = 'test-repositories';
const companyId = randomUUID();

let fresh: FreshDatabase;
let admin: Pool;
let database: Database;
beforeEach(async () => {
  fresh = await freshDatabase();
  admin = new Pool({ connectionString: fresh.url, max: 1 });
  database = new Database({ url: fresh.url, applicationName: NAME, poolSize: 2 });
  await insertCompany(database, { id: companyId, name: 'Initech' });
});
afterEach(async () => {
  await database.close();
  await admin.end();
  await fresh.drop();
});

/** The database as a service with this role sees it. */
async function as<T>(role: string, work: (database: Database) => Promise<T>): Promise<T> {
  const url = new URL(fresh.url);
  url.searchParams.set('options', `-c role=${role}`);
  const service = new Database({ url: url.href, applicationName: role, poolSize: 1 });
  try {
    return await work(service);
  } finally {
    await service.close();
  }
}

it('repositories and SQL share one pool, and never have more connections than it may', async () => {
  const work = Array.from({ length: 20 }, (_, n) =>
    n % 2 ? database.query('select pg_sleep(0.01)') : listCredentials(database, companyId),
  );
  await Promise.all(work);
  const { rows } = await admin.query('select pid from pg_stat_activity where application_name = $1', [NAME]);
  expect(rows.length).toBe(2);
  expect(database.connections).toEqual({ idle: 2, busy: 0, waiting: 0 });
});

it('a repository whose connection breaks meets an outage, and the next one works', async () => {
  const broken = database.repository(Company, async (companies) => {
    const [{ pid }] = await companies.query('select pg_backend_pid() as pid');
    await admin.query('select pg_terminate_backend($1)', [pid]);
    return companies.find();
  });
  expect(isOutage(await broken.catch((error: unknown) => error))).toBe(true);
  expect(database.isAway).toBe(true);
  expect(await database.repository(Company, (companies) => companies.existsBy({ id: companyId }))).toBe(true);
  expect(database.isAway).toBe(false);
});

it('while Postgres is away a repository meets an outage, and nothing is kept of that', async () => {
  const away = new Database({ url: 'postgres://nobody@127.0.0.1:1/none', applicationName: NAME });
  for (const _ of ['first', 'second'])
    await expect(listCredentials(away)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await away.close();
});

it('a transaction of a repository that fails leaves nothing', async () => {
  const failing = database.repository(Company, (companies) =>
    companies.manager.transaction(async (tx) => {
      await tx.insert(Company, { id: randomUUID(), name: 'Umbrella' });
      throw new Error('changed my mind');
    }),
  );
  await expect(failing).rejects.toThrow('changed my mind');
  expect(await database.repository(Company, (companies) => companies.countBy({ name: 'Umbrella' }))).toBe(0);
});

it('an error of a repository says neither its statement nor its values', async () => {
  const parts = freshToken();
  const unknown = { companyId: randomUUID(), name: 'a canary', scopes: ['messages:read'] as const };
  const error = (await insertCredential(database, parts, unknown).catch((reason: unknown) => reason)) as Error;
  expect(error).toMatchObject({ code: '23503', constraint: 'credentials_company_id_fkey' });
  expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toMatch(/insert into|canary/i);
});

it('no repository reads the hashes of secrets unless it is asked to', async () => {
  await insertCredential(database, freshToken(), { companyId, name: 'crm', scopes: ['messages:read'] });
  const [listed] = await listCredentials(database, companyId);
  expect(Object.keys(listed!).toSorted()).toEqual([
    'authorLogins',
    'companyId',
    'createdAt',
    'environment',
    'expiresAt',
    'id',
    'lastUsedAt',
    'limitPerHour',
    'limitPerMinute',
    'name',
    'previousExpiresAt',
    'revokedAt',
    'scopes',
    'state',
  ]);
});

it('a repository sees no more than the role of its service', async () => {
  await admin.query(`insert into users (company_id, id, login) values ($1, $2, 'ada')`, [companyId, randomUUID()]);
  const find = (role: string, entity: new () => object) =>
    as(role, (service) => service.repository(entity, (repository) => repository.find()));
  expect(await find('herald_gateway', User)).toEqual([]);
  for (const entity of [Company, Credential])
    await expect(find('herald_gateway', entity)).rejects.toMatchObject({ code: '42501' });
  await expect(find('herald_merchant_answers', User)).rejects.toMatchObject({ code: '42501' });
  expect((await find('herald_merchant_answers', NotificationType)).length).toBeGreaterThan(0);
});
