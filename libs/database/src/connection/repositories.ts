import type { Pool, PoolClient } from 'pg';
import { DataSource, type EntityTarget, type ObjectLiteral, QueryFailedError, type Repository } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner.js';
import { entities } from '../schema/data-source.js';

/** TypeORM on a pool that exists already: it opens no connection of its own, and closes none. */
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

/** A repository that runs its statements on this connection. */
export function repositoryOn<Entity extends ObjectLiteral>(
  source: DataSource,
  client: PoolClient,
  entity: EntityTarget<Entity>,
): Repository<Entity> {
  const runner = new LentConnection(source.driver as PostgresDriver, client);
  return source.createEntityManager(runner).getRepository(entity);
}

/** Runs TypeORM's statements on a connection that its owner releases. */
class LentConnection extends PostgresQueryRunner {
  constructor(driver: PostgresDriver, client: PoolClient) {
    super(driver, 'master');
    this.databaseConnection = client;
  }

  /** Fails with the error of Postgres itself: TypeORM's quotes the statement and its values. */
  override async query(...statement: Parameters<PostgresQueryRunner['query']>) {
    try {
      return (await super.query(...statement)) as never;
    } catch (error) {
      throw error instanceof QueryFailedError ? error.driverError : error;
    }
  }
}
