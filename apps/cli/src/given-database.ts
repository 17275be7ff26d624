import { Database, isOldSchema, isOutage } from '@herald/database';
import { Failure, unusable } from '@herald/operator';
import { givenServers } from './given-servers.js';

/**
 * Runs `work` on the database at DATABASE_URL, or on that of `npm start`.
 * @throws Failure when there is none, it is down, or its schema is older than this version
 */
export function withGivenDatabase<T>(
  command: string,
  work: (database: Database) => Promise<T>,
  statementTimeoutMs = STATEMENT_TIMEOUT_MS,
): Promise<T> {
  return withGivenUrl(async (url) => {
    const database = new Database({ url, applicationName: `herald-${command}`, poolSize: 1, statementTimeoutMs });
    try {
      return await work(database);
    } catch (error) {
      if (!isOldSchema(error)) throw error;
      throw new Failure('The schema of this database is not up to date. First: `herald migrate`', { cause: error });
    } finally {
      await database.close();
    }
  });
}

/** Like `withGivenDatabase`, for work that opens its own connection. */
export async function withGivenUrl<T>(work: (url: string) => Promise<T>): Promise<T> {
  const { databaseUrl } = givenServers();
  try {
    return await work(databaseUrl);
  } catch (error) {
    if (error instanceof Failure || !isOutage(error) || SERVER_IS_UP.test(String((error as { code?: string }).code)))
      throw error;
    throw unusable('Postgres', error);
  }
}

/** Classes of SQLSTATE that services retry although the server is up: a lock, a read-only session. */
const SERVER_IS_UP = /^(25|55)/;

/** Longer than in services, because an operator can wait longer than a caller. */
const STATEMENT_TIMEOUT_MS = 60_000;
