import { createHash } from 'node:crypto';
import { OwnFault } from '@herald/contracts';
import { Pool, type PoolClient, type QueryResultRow } from 'pg';
import type { DataSource, EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { poolOptions, type DatabaseOptions } from './connection.js';
import { isOutage } from './faults.js';
import { openEntities, repositoryOn } from './repositories.js';

/**
 * The outbox is empty at one moment and holds a million rows the next, so that its statistics mislead the planner: here
 * it must follow the indexes.
 */
const FOLLOW_INDEXES = 'set local enable_seqscan = off; set local enable_bitmapscan = off';

/** What the pool says when it had no connection to give in time. */
const ALL_BUSY = 'timeout exceeded when trying to connect';

/** "No such statement" and "there is one already": the session is not the one that the connection had before. */
const OTHER_SESSION = ['26000', '42P05'];

/** A place to run SQL: a pooled connection for one statement, or an open transaction for several. */
export interface Sql {
  query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** The database as services see it: set-based statements, transactions, and the doors to what belongs to a company or a merchant. */
export class Database implements Sql {
  private readonly pool: Pool;
  /** A connection of its own: under load, a ping would wait its turn and tell of an outage that is none. */
  private readonly probe: Pool;
  private entities?: DataSource;
  private away = false;
  private readonly names = new Map<string, string>();
  private named = true;

  /** Connects with the first statement: a service starts while Postgres is away, and reports that it is not ready. */
  constructor(options: DatabaseOptions) {
    this.pool = new Pool(poolOptions(options));
    this.probe = new Pool({ ...poolOptions(options), max: 1, idleTimeoutMillis: 0 });
    for (const pool of [this.pool, this.probe]) {
      // An idle connection that breaks is replaced by the pool. One in use can break between two statements; the next
      // one tells of it, and without a listener the process would end.
      pool.on('error', () => undefined);
      pool.on('connect', (client) => client.on('error', () => undefined));
    }
  }

  async query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> {
    return this.use(async (client) => (await client.query<Row>(text, values)).rows);
  }

  /**
   * As `query`, for a statement that costs more to plan than to run: each connection parses it once under its name.
   * Behind a pooler that changes sessions below a connection and keeps no statements, it goes on without names.
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

  /** The text's own: on a session that is shared, the same name is the same statement. */
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
  async transaction<T>(work: (tx: Sql) => Promise<T>, begin = 'begin'): Promise<T> {
    return this.use(async (client) => {
      await client.query(begin);
      try {
        const result = await work({ query: async (text, values) => (await client.query(text, values)).rows });
        await client.query('commit');
        return result;
      } catch (error) {
        if (!isOutage(error)) await client.query('rollback');
        throw error;
      }
    });
  }

  /**
   * The one door to what belongs to a company: inside, row-level security shows that company's rows alone. Reads only,
   * and all of them see one moment: a list and its total agree. The setting is the transaction's, so that it cannot leak to the connection's next user.
   */
  asCompany<T>(companyId: string, read: (tx: Sql) => Promise<T>): Promise<T> {
    if (!isUuid(companyId)) throw new OwnFault('asCompany needs the id of a company');
    return this.transaction(
      read,
      `begin isolation level repeatable read read only; set local herald.company = '${companyId}'`,
    );
  }

  /** The one door to what belongs to a merchant; otherwise as `asCompany`. */
  asMerchant<T>(merchantId: number, read: (tx: Sql) => Promise<T>): Promise<T> {
    if (!Number.isSafeInteger(merchantId)) throw new OwnFault('asMerchant needs the id of a merchant');
    return this.transaction(read, `begin read only; set local herald.merchant = '${merchantId}'`);
  }

  /** What the gateway does for the outbox of all companies: feeding the queues. */
  feeding<T>(work: (tx: Sql) => Promise<T>): Promise<T> {
    return this.transaction(work, `begin; set local herald.feeding = 'on'; ${FOLLOW_INDEXES}`);
  }

  /** A look over the outbox of all companies, for a role that may. */
  overOutbox<T>(read: (tx: Sql) => Promise<T>): Promise<T> {
    return this.transaction(read, `begin read only; ${FOLLOW_INDEXES}`);
  }

  /** What its connections do at the moment, and who waits for one. */
  get connections(): { idle: number; busy: number; waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { idle: idleCount, busy: totalCount - idleCount, waiting: waitingCount };
  }

  /** True when the last statement could not be asked: Postgres is away, as far as is known. */
  get isAway(): boolean {
    return this.away;
  }

  /** Rejects when Postgres does not answer. */
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
      // All connections being busy says nothing of the server.
      if ((error as Error).message !== ALL_BUSY) this.away = outage;
      throw error;
    } finally {
      // A connection that timed out may still answer the old question: it must not serve the next one.
      client?.release(outage);
    }
  }
}
