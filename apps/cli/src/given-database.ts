import { Database, isOldSchema } from '@herald/database';
import { Failure } from './failure.js';

/**
 * Works on the database at DATABASE_URL.
 * @throws Failure when nobody said which, or its schema is older than this version
 */
export async function withGivenDatabase<T>(command: string, work: (database: Database) => Promise<T>): Promise<T> {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Failure('DATABASE_URL must be set to the database of Herald, as postgres://…');
  const database = new Database({
    url,
    applicationName: `herald-${command}`,
    poolSize: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  try {
    return await work(database);
  } catch (error) {
    if (!isOldSchema(error)) throw error;
    throw new Failure('The schema of this database is not up to date. First: `herald migrate`', { cause: error });
  } finally {
    await database.close();
  }
}

/** An operator waits longer than a caller. */
const STATEMENT_TIMEOUT_MS = 60_000;
