/** The Postgres and Redis that `herald up` started: every system of a bench uses these same two. */
import { Redis } from 'ioredis';
import pg from 'pg';
import { parentOf } from './proc.mjs';

export class Servers {
  constructor({ databaseUrl, redisUrl }) {
    this.databaseUrl = databaseUrl;
    this.redisUrl = redisUrl;
  }

  async open() {
    // A bench whose Redis went away is over: no second attempt, and the command in hand fails.
    this.redis = new Redis(this.redisUrl, { retryStrategy: () => null });
    this.redis.on('error', () => {});
    this.redisPid = Number(/process_id:(\d+)/.exec(await this.redis.info('server'))[1]);
    const [{ backend }] = await this.sql('select pg_backend_pid() as backend');
    this.postmasterPid = parentOf(backend);
    return this;
  }

  async close() {
    for (const pool of this.#pools.values()) await pool.end();
    this.redis?.disconnect();
  }

  #pools = new Map();

  async sql(text, values, databaseUrl = this.databaseUrl) {
    if (!this.#pools.has(databaseUrl)) {
      const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
      // The servers go first when a run is interrupted.
      pool.on('error', () => {});
      this.#pools.set(databaseUrl, pool);
    }
    return (await this.#pools.get(databaseUrl).query(text, values)).rows;
  }

  /**
   * Tables of the same columns, defaults, indexes and storage settings as Herald's, in a schema of their own.
   * Returns a URL that enters there.
   */
  async copyTables(schema, tables) {
    await this.sql(`create schema ${schema}`);
    for (const table of tables) {
      await this.sql(`create table ${schema}.${table} (like public.${table} including all)`);
      const [{ settings }] = await this.sql(
        `select array_to_string(reloptions, ', ') as settings from pg_class where oid = 'public.${table}'::regclass`,
      );
      if (settings) await this.sql(`alter table ${schema}.${table} set (${settings})`);
    }
    const url = new URL(this.databaseUrl);
    url.searchParams.set('options', `-c search_path=${schema}`);
    return url.href;
  }

  /** Read back from the servers, since what was asked for is not what counts. */
  async durability() {
    const shown = {};
    for (const name of ['appendonly', 'appendfsync', 'maxmemory-policy'])
      shown[`Redis ${name}`] = (await this.redis.config('GET', name))[1];
    for (const name of ['synchronous_commit', 'fsync', 'full_page_writes'])
      shown[`Postgres ${name}`] = (await this.sql(`show ${name}`))[0][name];
    return shown;
  }
}
