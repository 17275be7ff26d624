import { agentActions, delivery } from '@herald/contracts';
import type { Sql } from '../../connection/database.js';
import type { Subject } from './erasure.js';
import { FIND_PERSONS_JOBS, PERSON_TRACES } from './person-traces.js';

/** A person in a company, identified by directory id (agent actions), login (delivery) or both. */
export interface Person {
  companyId: string;
  userId?: string;
  login?: string;
}

/** Returns the person with the missing id or login from the company's directory. */
export async function completePerson(sql: Sql, { companyId, userId, login }: Person): Promise<Person> {
  const [known] = await sql.query<{ id: string; login: string | null }>(
    'select id, login from users where company_id = $1 and (id = $2 or login = $3) order by id = $2 desc limit 1',
    [companyId, userId ?? null, login ?? null],
  );
  return { companyId, userId: userId ?? known?.id, login: login ?? known?.login ?? undefined };
}

/** Returns a person as a subject. Other people's messages stay, without the person, and counters are corrected. */
export const subjectOfPerson = ({ companyId, userId, login }: Person): Subject => ({
  values: [companyId, userId ?? null, login ?? null, login === undefined ? null : inAscii(login)],
  traces: PERSON_TRACES,
  queues: [delivery.queue, agentActions.queue],
  findJobs: FIND_PERSONS_JOBS,
  isForOthers: (queue, name, data) =>
    queue === agentActions.queue && name === 'record' && recipientsIn(data).some((id) => id !== userId?.toLowerCase()),
});

function recipientsIn(data: string): string[] {
  try {
    const { body } = Object(JSON.parse(data)) as { body?: unknown };
    const { recipients } = Object(body) as { recipients?: unknown };
    if (!Array.isArray(recipients)) return [];
    return recipients.map((recipient) => String((Object(recipient) as { id?: unknown }).id).toLowerCase());
  } catch {
    return [];
  }
}

/** Returns a JSON string with ASCII escapes, as Python and PHP write it by default. */
const inAscii = (text: string): string =>
  JSON.stringify(text).replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
