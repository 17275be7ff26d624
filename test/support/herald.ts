import { randomUUID } from 'node:crypto';
import { Pool, type QueryResultRow } from 'pg';
import { Database, prepareRoles, type Role, ROLES, roleUrl } from '@herald/database';
import { type Demo, loadDemo } from '../../apps/local/src/demo/load-demo.js';
import { holdToDocument } from './checked-fetch.js';
import { OPS_SESSION_SECRET, OPS_USERS } from './ops-users.js';
import { freshDatabase, testPoolerPort, testPostgresUrl, testRedisUrl } from './servers.js';
import { Service } from './service.js';

export type ServiceName = 'gateway' | 'delivery' | 'agent-actions' | 'merchant-answers' | 'ops';

export interface HeraldOptions {
  services: ServiceName[];
  /** Settings on top of what every service gets. */
  env?: Record<string, string>;
  redisUrl?: string;
  /** First part of every Redis key; one of its own unless given. */
  namespace?: string;
  /** The superuser's, of the server to make a database in. */
  postgresUrl?: string;
  /** Ports at which the services reach the two servers, when something stands between. */
  through?: { postgres?: number; redis?: number };
}

export interface StartOptions {
  env?: Record<string, string>;
  /** Modules that are loaded before the service: how a test reaches into it. */
  preload?: string | string[];
}

export const JWT = {
  issuer: 'herald-test',
  userAudience: 'herald-users',
  merchantAudience: 'herald-merchants',
  algorithm: 'HS256',
  secret: 'a secret of at least 32 bytes, for tests only',
} as const;

/** The secret by which workers recognise the gateway's jobs. */
export const QUEUE_SECRET = 'another secret of at least 32 bytes for tests';

const PASSWORD = 'for-tests-only';

/** Herald as it runs in production: its services as processes, on a database and a queue namespace of their own. */
export class Herald {
  private readonly running = new Map<string, Service>();

  private constructor(
    /** Reads what stands in the tables, as the superuser. */
    readonly pool: Pool,
    /** The database as the command line uses it. */
    readonly database: Database,
    readonly databaseUrl: string,
    readonly redisUrl: string,
    readonly namespace: string,
    readonly demo: Demo,
    private readonly env: Record<string, string>,
    private readonly through: { postgres?: number; redis?: number },
    private readonly drop: () => Promise<void>,
  ) {
    // A test may take the server away; the next statement reports it.
    pool.on('error', () => undefined);
  }

  static async start({
    services,
    env = {},
    redisUrl = testRedisUrl(),
    namespace = `test-${randomUUID()}`,
    postgresUrl = testPostgresUrl(),
    through = { postgres: testPoolerPort() },
  }: HeraldOptions): Promise<Herald> {
    const database = await freshDatabase(postgresUrl);
    await letRolesIn(postgresUrl);
    const demo = await loadDemo({ databaseUrl: database.url, jwt: JWT, seed: 'tests' });
    const pool = new Pool({ connectionString: database.url, max: 4 });
    const operators = new Database({ url: database.url, applicationName: 'test-accounts', poolSize: 1 });
    const herald = new Herald(pool, operators, database.url, redisUrl, namespace, demo, env, through, database.drop);
    try {
      const starts = await Promise.allSettled(services.map((name) => herald.startService(name)));
      // Only when each has ended its start can those that are up be stopped.
      for (const start of starts) if (start.status === 'rejected') throw start.reason;
    } catch (error) {
      await herald.stop();
      throw error;
    }
    return herald;
  }

  /** Starts a service; a further one of the same name under `as`. */
  async startService(name: ServiceName, { env, preload = [] }: StartOptions = {}, as: string = name): Promise<Service> {
    const service = await Service.start(name, [preload].flat(), { ...this.envOf(name, as), ...env });
    this.running.set(as, service);
    if (name === 'gateway') {
      const held = holdToDocument(service.url);
      // One that was broken on purpose may have no document.
      await (preload.length > 0 ? held.catch(() => undefined) : held);
    }
    return service;
  }

  /** The settings of a service, which calls itself `as`. */
  envOf(name: ServiceName, as: string = name): Record<string, string> {
    const role = `herald_${name.replaceAll('-', '_')}` as Role;
    return {
      DATABASE_URL: named(atPort(this.urlFor(role), this.through.postgres), as),
      REDIS_URL: atPort(this.redisUrl, this.through.redis),
      QUEUE_NAMESPACE: this.namespace,
      QUEUE_SECRET,
      HOST: '127.0.0.1',
      PORT: '0',
      HEALTH_PORT: '0',
      JWT_ISSUER: JWT.issuer,
      JWT_USER_AUDIENCE: JWT.userAudience,
      JWT_MERCHANT_AUDIENCE: JWT.merchantAudience,
      JWT_ALGORITHM: JWT.algorithm,
      JWT_SECRET: JWT.secret,
      OPS_PORT: '0',
      OPS_USERS,
      OPS_SESSION_SECRET,
      SWEEP_AFTER_MS: '500',
      JOB_LOCK_MS: '1000',
      // Tests fail to log in more often than clients do, all from one address.
      FAILED_LOGINS_PER_MINUTE: '0',
      ...this.env,
    };
  }

  /** The database, entered as a role. */
  urlFor(role: Role): string {
    return roleUrl(this.databaseUrl, role, PASSWORD);
  }

  service(name: string): Service {
    const service = this.running.get(name);
    if (!service) throw new Error(`${name} was not started`);
    return service;
  }

  /** Address of the gateway. */
  get url(): string {
    return this.service('gateway').url;
  }

  /** The first company of the demo data. */
  get company() {
    return this.demo.companies[0] as Demo['companies'][number];
  }

  /** The second company, which must never see what belongs to the first. */
  get otherCompany() {
    return this.demo.companies[1] as Demo['companies'][number];
  }

  token(name: string, company = this.company): string {
    return company[name] as string;
  }

  jwtOf(login: string, company = this.company): string {
    return company.users.find((user) => user.login === login)?.jwt as string;
  }

  async query<Row extends QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]> {
    return (await this.pool.query<Row>(sql, values)).rows;
  }

  /** Stops every service in order and drops the database; fails when one of them left a connection open. */
  async stop(): Promise<void> {
    await Promise.all([...this.running.values()].map((service) => service.stop()));
    await Promise.all([this.pool.end(), this.database.close()]);
    await this.drop();
  }
}

/** Roles belong to the whole server, which test files share: one at a time. */
async function letRolesIn(postgresUrl: string): Promise<void> {
  const pool = new Pool({ connectionString: postgresUrl, max: 1 });
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock(20261123)');
    await prepareRoles(postgresUrl, Object.fromEntries(ROLES.map((role) => [role, PASSWORD])));
  } finally {
    client.release(true);
    await pool.end();
  }
}

function atPort(url: string, port?: number): string {
  if (!port) return url;
  const moved = new URL(url);
  moved.port = String(port);
  return moved.toString();
}

/** Names a service's connections in pg_stat_activity; each process has a name of its own. */
function named(databaseUrl: string, service: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set('application_name', `herald-${service}`);
  return url.toString();
}
