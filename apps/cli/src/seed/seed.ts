import { hasCompany } from '@herald/database';
import { COMPANIES, Failure } from '@herald/operator';
import { validate as isUuid } from 'uuid';
import { withGivenDatabase } from '../given-database.js';
import { progressOf } from '../progress.js';
import { seedActions } from './seed-actions.js';

const STATEMENT_TIMEOUT_MS = 300_000;

/** @throws Failure when there is no database, or the company is not in it */
export async function seedGivenDatabase(options: { actions: number; company?: string; days: number }): Promise<void> {
  const companyId = options.company ?? (COMPANIES[0] as (typeof COMPANIES)[number]).id;
  await withGivenDatabase(
    'seed',
    async (database) => {
      if (!isUuid(companyId) || !(await hasCompany(database, companyId)))
        throw new Failure(`There is no company ${companyId} in this database.`);
      const progress = progressOf(options.actions, 'actions');
      await seedActions(database, { ...options, companyId, onProgress: progress });
    },
    STATEMENT_TIMEOUT_MS,
  );
}
