import { Database, hasCompany } from '@herald/database';
import { validate as isUuid } from 'uuid';
import { COMPANIES } from '../demo/demo.js';
import { Failure } from '../failure.js';
import { progressOf } from '../progress.js';
import { seedActions } from './seed-actions.js';

/** @throws Failure when nobody said which database, or the company is not in it */
export async function seedGivenDatabase(options: { actions: number; company?: string; days: number }): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Failure('DATABASE_URL must be set to the database to fill, as postgres://…');
  const companyId = options.company ?? (COMPANIES[0] as (typeof COMPANIES)[number]).id;
  const database = new Database({ url, applicationName: 'herald-seed', poolSize: 1, statementTimeoutMs: 300_000 });
  try {
    if (!isUuid(companyId) || !(await hasCompany(database, companyId)))
      throw new Failure(`There is no company ${companyId} in this database.`);
    const progress = progressOf(options.actions, 'actions');
    await seedActions(database, { ...options, companyId, onProgress: progress });
  } finally {
    await database.close();
  }
}
