import type { MessageTrace } from '@herald/contracts';
import type { Sql } from '../connection/database.js';

export type TraceStep = MessageTrace['steps'][number];

interface StoredStep extends TraceStep {
  /** True for the first step of a direct job, which no gateway accepted. */
  direct?: boolean;
}

/** The place and state of a message, according to its row. */
export interface MessagePlace {
  correlation_id: string;
  company_id: string | null;
  queue: string;
  state: 'accepted' | 'queued' | 'delivered' | 'given_up';
  accepted_at: Date | null;
  queued_at: Date | null;
  started_at: Date | null;
  ended_at: Date | null;
  history: StoredStep[];
  error: string | null;
  /** The BullMQ job that carries it. */
  job_id: string | null;
}

type Row = MessagePlace & { [column: string]: unknown };

/** $1 ids, $2 tenant or null. `commands` selects the places of carried out commands. */
const placesWith = (commands: string) => `
  select *
    from (select * from message_places where correlation_id = any($1::uuid[]) and ($2::uuid is null or company_id = $2)
           union all ${commands}) places
   order by state = 'given_up', ended_at desc`;

/** The function shows those of the tenant at hand, and nothing else of their records. */
const FIND_PLACES_OF_TENANT = placesWith('select * from command_places($1::uuid[]) where company_id = $2');

const FIND_ALL_PLACES = placesWith(`
  select id, company_id, queue, 'delivered', null, queued_at, started_at, created_at, '[]', null, null
    from requests where id = any($1::uuid[]) and queue is not null`);

/**
 * Returns the places of messages and commands with these ids: those of one tenant (a company, or a merchant by
 * `merchantTenant`), or of all for operators.
 */
export function findPlaces(tx: Sql, correlationIds: string[], tenant?: string): Promise<MessagePlace[]> {
  return tx.query<Row>(tenant === undefined ? FIND_ALL_PLACES : FIND_PLACES_OF_TENANT, [
    correlationIds,
    tenant ?? null,
  ]);
}

/** Returns the steps of a message in order. */
export function stepsOf(place: MessagePlace): TraceStep[] {
  const { state, accepted_at, queued_at, started_at, ended_at, history, error } = place;
  const steps: TraceStep[] = [];
  const add = (step: TraceStep['step'], at: Date | string | null, detail?: string | null) => {
    const time = at instanceof Date ? at.toISOString() : at;
    // The history has the queued and started times of failed runs; the last run's are in columns too.
    if (!time || steps.some((known) => known.step === step && known.at === time)) return;
    steps.push({ step, at: time, ...(detail ? { detail } : {}) });
  };
  if (!history.some(({ direct }) => direct)) add('accepted', accepted_at);
  for (const { step, at, detail } of history) add(step, at, detail);
  add('queued', queued_at);
  add('attempt', started_at);
  if (state === 'delivered' || state === 'given_up') add(state, ended_at, error);
  let attempt = 0;
  for (const step of steps) if (step.step === 'attempt') step.attempt = ++attempt;
  return steps;
}
