import type { Database, Sql } from '../../connection/database.js';

/** A kind of rows that may contain a person's data. The first parameters of its statements are the subject's values. */
export interface Trace {
  /** Name shown to operators. */
  name: string;
  /** Selects the ids, as text, of rows with the subject's data. */
  find: string;
  /** Removes the subject's data from the rows whose ids are the last parameter. */
  erase: string;
  /** True if the actions must be locked first, as every change of their recipients and counters does. */
  locksActions?: boolean;
}

/** The person to erase, and all kinds of rows and jobs that may contain their data. */
export interface Subject {
  values: unknown[];
  traces: Trace[];
  /** Queues whose jobs may contain the subject's data. */
  queues: string[];
  /** Selects the positions, from 1, of jobs with the subject's data. Last parameters: queues, names and texts. */
  findJobs: string;
  /** Returns true for a job that must still have its effect, because it is for other people too. */
  isForOthers?: (queue: string, name: string, data: string) => boolean;
}

/** A job in Redis. Its text is searched like the content of a dead letter. */
export interface JobText {
  queue: string;
  name: string;
  text: string;
}

/** Returns $`from` and the next two parameters as rows like those of dead letters without a company. */
export const jobsFrom = (from: number): string =>
  `(select *, null::uuid as company_id
      from unnest($${from}::text[], $${from + 1}::text[], $${from + 2}::text[]) with ordinality as j(queue, job, content, id))`;

/** Number of rows with a subject's data, by kind. */
export type Traces = Record<string, number>;

/** Rows per transaction; small, so that no one waits long for a row lock. */
const BATCH = 200;
/** Messages that move during one round are found in the next. */
const MAX_ROUNDS = 5;

/** Counts the rows with a subject's data without changing them. */
export async function findTraces(sql: Sql, subject: Subject): Promise<Traces> {
  const found: Traces = {};
  for (const trace of subject.traces) found[trace.name] = (await idsOf(sql, trace, subject)).length;
  return found;
}

/**
 * Erases a subject from all tables, and returns the number of rows. Services may run meanwhile. Needs the login that
 * owns the schema.
 */
export async function eraseTraces(
  database: Database,
  subject: Subject,
  progress: (erased: number) => void = () => undefined,
): Promise<Traces> {
  const erased: Traces = Object.fromEntries(subject.traces.map(({ name }) => [name, 0]));
  let total = 0;
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const before = total;
    for (const trace of subject.traces) {
      const ids = await idsOf(database, trace, subject);
      for (let at = 0; at < ids.length; at += BATCH) {
        const batch = ids.slice(at, at + BATCH);
        await database.transaction((tx) => eraseBatch(tx, trace, subject, batch));
        erased[trace.name] = (erased[trace.name] ?? 0) + batch.length;
        progress((total += batch.length));
      }
    }
    if (total === before) break;
  }
  return erased;
}

/** Returns the jobs with the subject's data. */
export async function findJobs<Job extends JobText>(
  sql: Sql,
  { values, findJobs: find }: Subject,
  jobs: Job[],
): Promise<Job[]> {
  const texts = jobs.map(({ text }) => text.replaceAll('\u0000', '\ufffd'));
  const columns = [jobs.map(({ queue }) => queue), jobs.map(({ name }) => name.replaceAll('\u0000', '\ufffd')), texts];
  const found = await sql.query<{ id: string }>(find, [...values, ...columns]);
  return found.map(({ id }) => jobs[Number(id) - 1] as Job);
}

async function idsOf(sql: Sql, { find }: Trace, { values }: Subject): Promise<string[]> {
  return (await sql.query<{ id: string }>(find, values)).map(({ id }) => id);
}

async function eraseBatch(tx: Sql, { erase, locksActions }: Trace, { values }: Subject, ids: string[]): Promise<void> {
  if (locksActions)
    await tx.query('select from agent_actions where id = any($1::uuid[]) order by id for no key update', [ids]);
  await tx.query(erase, [...values, ids]);
}
