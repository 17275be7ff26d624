import type { Database, Sql } from '../database.js';
import { type Trace, TRACES } from './traces.js';

/** Someone of a company, by the id of the directory (agent actions), by login (delivery) or by both. */
export interface Person {
  companyId: string;
  userId?: string;
  login?: string;
}

/** How many rows tell of a person, by what they are. */
export type Traces = Record<string, number>;

/** Each is one transaction, so that nobody waits long for a row. */
const BATCH = 200;
/** What was on its way during one round is met in the next. */
const MAX_ROUNDS = 5;

/** The person with what the company's directory knows besides. */
export async function completePerson(sql: Sql, { companyId, userId, login }: Person): Promise<Person> {
  const [known] = await sql.query<{ id: string; login: string | null }>(
    'select id, login from users where company_id = $1 and (id = $2 or login = $3) order by id = $2 desc limit 1',
    [companyId, userId ?? null, login ?? null],
  );
  return { companyId, userId: userId ?? known?.id, login: login ?? known?.login ?? undefined };
}

/** Counts, and changes nothing. */
export async function findTraces(sql: Sql, person: Person): Promise<Traces> {
  const found: Traces = {};
  for (const trace of TRACES) found[trace.name] = (await idsOf(sql, trace, person)).length;
  return found;
}

/**
 * Takes a person out of everything that Herald keeps, figures included. Other people's messages stay, without the person.
 * Works while services do; tells how many rows it found. Needs the login that owns the schema.
 */
export async function erasePerson(
  database: Database,
  person: Person,
  progress: (erased: number) => void = () => undefined,
): Promise<Traces> {
  const erased: Traces = Object.fromEntries(TRACES.map(({ name }) => [name, 0]));
  let total = 0;
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const before = total;
    for (const trace of TRACES) {
      const ids = await idsOf(database, trace, person);
      for (let at = 0; at < ids.length; at += BATCH) {
        const batch = ids.slice(at, at + BATCH);
        await database.transaction((tx) => eraseBatch(tx, trace, person, batch));
        erased[trace.name] = (erased[trace.name] ?? 0) + batch.length;
        progress((total += batch.length));
      }
    }
    if (total === before) break;
  }
  return erased;
}

async function idsOf(sql: Sql, { find }: Trace, person: Person): Promise<string[]> {
  return (await sql.query<{ id: string }>(find, valuesOf(person))).map(({ id }) => id);
}

async function eraseBatch(tx: Sql, { erase, locksActions }: Trace, person: Person, ids: string[]): Promise<void> {
  if (locksActions)
    await tx.query('select from agent_actions where id = any($1::uuid[]) order by id for no key update', [ids]);
  await tx.query(erase, [...valuesOf(person), ids]);
}

const valuesOf = ({ companyId, userId, login }: Person) => [companyId, userId ?? null, login ?? null];
