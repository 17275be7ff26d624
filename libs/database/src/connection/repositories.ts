import type { Pool, PoolClient } from 'pg';
import { DataSource, type EntityTarget, type ObjectLiteral, QueryFailedError, type Repository } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner.js';
import { entities } from '../schema/data-source.js';

/** Opens TypeORM on an existing pool; it neither opens nor closes connections. */
export function openEntities(pool: Pool): Promise<DataSource> {
  const shared = {
    connect: pool.connect.bind(pool),
    on: () => undefined,
    end: (done: () => void) => done(),
  };
  return new DataSource({
    type: 'postgres',
    driver: {
      Pool: function SharedPool() {
        return shared;
      },
    },
    // Services log in with roles that may not create extensions.
    installExtensions: false,
    entities,
  }).initialize();
}

/** Returns a repository that runs its statements on this connection. */
export function repositoryOn<Entity extends ObjectLiteral>(
  source: DataSource,
  client: PoolClient,
  entity: EntityTarget<Entity>,
): Repository<Entity> {
  const runner = new LentConnection(source.driver as PostgresDriver, client);
  return source.createEntityManager(runner).getRepository(entity);
}

/** Runs TypeORM's statements on a borrowed connection; its owner releases it. */
class LentConnection extends PostgresQueryRunner {
  constructor(driver: PostgresDriver, client: PoolClient) {
    super(driver, 'master');
    this.databaseConnection = client;
  }

  /** Throws Postgres' own error, because TypeORM's error quotes the statement and its values. */
  override async query(...statement: Parameters<PostgresQueryRunner['query']>) {
    try {
      return (await super.query(...statement)) as never;
    } catch (error) {
      throw error instanceof QueryFailedError ? error.driverError : error;
    }
  }
}
