import type { Database, Sql } from '../../connection/database.js';

/** One place where somebody can be found. The statements' first parameters are the subject's values. */
export interface Trace {
  /** As the operator reads it. */
  name: string;
  /** The rows that tell of the subject, as text. */
  find: string;
  /** Takes the subject out of the rows whose ids are the last parameter. */
  erase: string;
  /** Whoever changes an action holds it first: recipients and counters follow. */
  locksActions?: boolean;
}

/** Whom to erase, and everywhere they can be found. */
export interface Subject {
  values: unknown[];
  traces: Trace[];
  /** The queues whose jobs may tell of them. */
  queues: string[];
  /** The seats, from 1, of the jobs that tell of the subject. The last three parameters are their queues, names and texts. */
  findJobs: string;
  /** True for the data of a job that must have its effect all the same, since it is for others too. */
  isForOthers?: (queue: string, name: string, data: string) => boolean;
}

/** A job as it stands in Redis: its text is judged as a dead letter's content. */
export interface JobText {
  queue: string;
  name: string;
  text: string;
}

/** $`from` and the two after it as rows that look like dead letters without a company. */
export const jobsFrom = (from: number): string =>
  `(select *, null::uuid as company_id
      from unnest($${from}::text[], $${from + 1}::text[], $${from + 2}::text[]) with ordinality as j(queue, job, content, id))`;

/** How many rows tell of a subject, by what they are. */
export type Traces = Record<string, number>;

/** Each is one transaction, so that nobody waits long for a row. */
const BATCH = 200;
/** What was on its way during one round is met in the next. */
const MAX_ROUNDS = 5;

/** Counts, and changes nothing. */
export async function findTraces(sql: Sql, subject: Subject): Promise<Traces> {
  const found: Traces = {};
  for (const trace of subject.traces) found[trace.name] = (await idsOf(sql, trace, subject)).length;
  return found;
}

/**
 * Takes somebody out of everything that Herald keeps. Works while services do; tells how many rows it found. Needs the
 * login that owns the schema.
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

/** Those of the jobs that tell of the subject. */
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
