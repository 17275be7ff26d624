import { Database, isOldSchema, isOutage } from '@herald/database';
import { Failure } from './failure.js';
import { givenServers, unusable } from './given-servers.js';

/**
 * Works on the database at DATABASE_URL, else on that of `npm start`.
 * @throws Failure when there is none, it is away, or its schema is older than this version
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

/** The same for work that connects by itself. */
export async function withGivenUrl<T>(work: (url: string) => Promise<T>): Promise<T> {
  const { databaseUrl } = givenServers();
  try {
    return await work(databaseUrl);
  } catch (error) {
    if (error instanceof Failure || !isOutage(error) || ANSWERED.test(String((error as { code?: string }).code)))
      throw error;
    throw unusable('Postgres', error);
  }
}

/** Classes of SQLSTATE that a service waits out, and that come from a server which works: a lock, a read-only session. */
const ANSWERED = /^(25|55)/;

/** An operator waits longer than a caller. */
const STATEMENT_TIMEOUT_MS = 60_000;
