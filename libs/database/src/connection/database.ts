import { createHash } from 'node:crypto';
import { HeraldError } from '@herald/contracts';
import { Pool, type PoolClient, type QueryResult, type QueryResultRow } from 'pg';
import type { DataSource, EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { poolOptions, type DatabaseOptions } from './connection.js';
import { isOutage } from './faults.js';
import { openEntities, repositoryOn } from './repositories.js';

/**
 * Makes the planner use indexes: the outbox may be empty at one moment and have a million rows at the next, so its
 * statistics are misleading.
 */
const FOLLOW_INDEXES = 'set local enable_seqscan = off; set local enable_bitmapscan = off';

/** The pool's error message when no connection became free in time. */
const ALL_BUSY = 'timeout exceeded when trying to connect';

/** "No such statement" and "statement already exists": a pooler has given the connection another session. */
const OTHER_SESSION = ['26000', '42P05'];

/** Runs SQL: single statements on a pooled connection, or several within an open transaction. */
export interface Sql {
  query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** A read, and its place in the order of commits (`Position`). */
export interface Snapshot extends Sql {
  /** The read sees everything that transactions before this one did. */
  horizon: string;
  /** The read sees nothing of this transaction, or of later ones. */
  begun: string;
}

const PLACE = `select pg_snapshot_xmin(now)::text as horizon, pg_snapshot_xmax(now)::text as begun
                 from pg_current_snapshot() as now`;

/** The database for services: statements, transactions, repositories, and the rows of a company or merchant. */
export class Database implements Sql {
  private readonly pool: Pool;
  /** A separate connection for pings: under load, a ping in the main pool would wait and report a false outage. */
  private readonly probe: Pool;
  private entities?: DataSource;
  private away = false;
  private readonly names = new Map<string, string>();
  private named = true;

  /** Connects at the first statement, so that a service can start, not ready, while Postgres is unavailable. */
  constructor(options: DatabaseOptions) {
    this.pool = new Pool(poolOptions(options));
    this.probe = new Pool({ ...poolOptions(options), max: 1, idleTimeoutMillis: 0 });
    for (const pool of [this.pool, this.probe]) {
      // The pool replaces an idle connection that breaks. A connection in use may break between two statements; the
      // next statement reports it. Without a listener the process would end.
      pool.on('error', () => undefined);
      pool.on('connect', (client) => client.on('error', () => undefined));
    }
  }

  async query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> {
    return this.use(async (client) => (await client.query<Row>(text, values)).rows);
  }

  /**
   * As `query`, for a statement that costs more to plan than to run: each connection parses it once under a name.
   * Behind a pooler that changes sessions and keeps no prepared statements, it continues without names.
   */
  async prepared<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
    if (!this.named) return this.query(text, values);
    const name = this.nameOf(text);
    try {
      return await this.use(async (client) => (await client.query<Row>({ name, text, values })).rows);
    } catch (error) {
      if (!OTHER_SESSION.includes((error as { code?: string }).code ?? '')) throw error;
      this.named = false;
      return this.query(text, values);
    }
  }

  /** Derives the name from the text, so that in a shared session the same name means the same statement. */
  private nameOf(text: string): string {
    let name = this.names.get(text);
    if (!name) {
      name = `herald ${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
      this.names.set(text, name);
    }
    return name;
  }

  /**
   * Runs `work` with the TypeORM repository of an entity, on a connection of the same pool and under the same limits as
   * SQL. For rows that are read or written one at a time, outside of a job's transaction.
   */
  async repository<Entity extends ObjectLiteral, T>(
    entity: EntityTarget<Entity>,
    work: (repository: Repository<Entity>) => Promise<T>,
  ): Promise<T> {
    const entities = (this.entities ??= await openEntities(this.pool));
    return this.use((client) => work(repositoryOn(entities, client, entity)));
  }

  /** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
  async transaction<T>(work: (tx: Sql, begun: unknown) => Promise<T>, begin = 'begin'): Promise<T> {
    return this.use(async (client) => {
      const begun: unknown = await client.query(begin);
      try {
        const result = await work({ query: async (text, values) => (await client.query(text, values)).rows }, begun);
        await client.query('commit');
        return result;
      } catch (error) {
        if (!isOutage(error)) await client.query('rollback');
        throw error;
      }
    });
  }

  /**
   * The only access to the rows of a company: within `read`, row-level security shows that company's rows alone. All
   * reads see one snapshot, so a list and its total agree. The setting is local to the transaction, so that it cannot
   * leak to the connection's next user.
   */
  asCompany<T>(companyId: string, read: (tx: Snapshot) => Promise<T>): Promise<T> {
    if (!isUuid(companyId)) throw new HeraldError('asCompany needs the id of a company');
    return this.placed(
      read,
      `begin isolation level repeatable read read only; set local herald.company = '${companyId}'`,
    );
  }

  /** The only access to the rows of a merchant; otherwise as `asCompany`, without the shared snapshot. */
  asMerchant<T>(merchantId: number, read: (tx: Snapshot) => Promise<T>): Promise<T> {
    if (!Number.isSafeInteger(merchantId)) throw new HeraldError('asMerchant needs the id of a merchant');
    return this.placed(read, `begin read only; set local herald.merchant = '${merchantId}'`);
  }

  /** Runs a read that knows its place in the order of commits; finding the place costs no further round trip. */
  private placed<T>(read: (tx: Snapshot) => Promise<T>, begin: string): Promise<T> {
    return this.transaction((tx, begun) => {
      const { rows } = (begun as QueryResult<{ horizon: string; begun: string }>[]).at(-1) as QueryResult;
      return read({ ...tx, ...(rows[0] as { horizon: string; begun: string }) });
    }, `${begin}; ${PLACE}`);
  }

  /** Runs the gateway's work on the outbox of all companies: feeding the queues. */
  feeding<T>(work: (tx: Sql) => Promise<T>): Promise<T> {
    return this.transaction(work, `begin; set local herald.feeding = 'on'; ${FOLLOW_INDEXES}`);
  }

  /** Reads the outbox of all companies; the role needs the grant. */
  readOutbox<T>(read: (tx: Sql) => Promise<T>): Promise<T> {
    return this.transaction(read, `begin read only; ${FOLLOW_INDEXES}`);
  }

  /** Current number of idle and busy connections, and of callers that wait for one. */
  get connections(): { idle: number; busy: number; waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { idle: idleCount, busy: totalCount - idleCount, waiting: waitingCount };
  }

  /** True when the last statement failed because Postgres was unavailable. */
  get isAway(): boolean {
    return this.away;
  }

  /** Rejects when Postgres does not respond. */
  async ping(): Promise<void> {
    await this.use((client) => client.query('select 1'), this.probe);
  }

  async close(): Promise<void> {
    await Promise.all([this.pool.end(), this.probe.end()]);
  }

  private async use<T>(work: (client: PoolClient) => Promise<T>, pool = this.pool): Promise<T> {
    let client: PoolClient | undefined;
    let outage = false;
    try {
      client = await pool.connect();
      const result = await work(client);
      this.away = false;
      return result;
    } catch (error) {
      outage = isOutage(error);
      // A pool without a free connection does not mean that the server is unavailable.
      if ((error as Error).message !== ALL_BUSY) this.away = outage;
      throw error;
    } finally {
      // After a timeout the old result may still arrive on this connection, so it must not be reused.
      client?.release(outage);
    }
  }
}
