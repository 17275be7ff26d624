import { agentActions, delivery } from '@herald/contracts';
import type { Sql } from '../connection/database.js';

/** Queues whose messages are of companies; a merchant's jobs stand under an id of their own. */
export const hasCompanies = (queue: string): boolean => [delivery.queue, agentActions.queue].includes(queue);

/** Which of these companies do not exist. */
export async function findUnknownCompanies(sql: Sql, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const unknown = await sql.query<{ id: string }>(
    `select distinct g.id from unnest($1::uuid[]) as g(id) where not exists (select from companies c where c.id = g.id)`,
    [ids],
  );
  return unknown.map(({ id }) => id);
}

export const unknownCompany = (id: string): string => `company ${id} is not known`;
