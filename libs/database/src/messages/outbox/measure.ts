import type { Sql } from '../../connection/database.js';

/** A measurement of a queue. */
export interface Measurement {
  published: number;
  /** Messages published longer ago than `lateMs`, and longer than `staleMs`. */
  late: number;
  stale: number;
  /** True when messages wait to be published. */
  backlog: boolean;
}

/** $1 queue, $2 limit of the count, $3 milliseconds until late, $4 until stale. */
const MEASURE = `
  select p.*, exists (select from outbox where queue = $1 and job_id is null) as backlog
    from published_messages($1, $2, $3 * interval '1 millisecond', $4 * interval '1 millisecond') p`;

export async function measureQueue(
  tx: Sql,
  queue: string,
  { limit, lateMs, staleMs }: { limit: number; lateMs: number; staleMs: number },
): Promise<Measurement> {
  const [measured] = await tx.query<Measurement & Record<string, unknown>>(MEASURE, [queue, limit, lateMs, staleMs]);
  return measured as Measurement;
}
