import { agentActions, delivery } from '@herald/contracts';
import type { Sql } from '../connection/database.js';

/** Returns true for queues whose messages belong to companies. Merchants' jobs have a tenant id instead. */
export const hasCompanies = (queue: string): boolean => [delivery.queue, agentActions.queue].includes(queue);

/** Returns the ids without a company. */
export async function findUnknownCompanies(sql: Sql, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const unknown = await sql.query<{ id: string }>(
    `select distinct g.id from unnest($1::uuid[]) as g(id) where not exists (select from companies c where c.id = g.id)`,
    [ids],
  );
  return unknown.map(({ id }) => id);
}

export const unknownCompany = (id: string): string => `company ${id} is not known`;
