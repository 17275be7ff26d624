import { migrate } from '@herald/database';
import { Failure } from '../failure.js';

/** @throws Failure when nobody said which database */
export async function migrateGivenDatabase(): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Failure('DATABASE_URL must be set to the database to migrate, as postgres://…');
  await migrate(url);
  console.log('The schema is up to date.');
}
