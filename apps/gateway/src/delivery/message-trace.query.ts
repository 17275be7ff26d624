import type { MessageTrace } from '@herald/contracts';
import { Database } from '@herald/database';
import { QueueClient } from '@herald/queue';
import { Injectable } from '@nestjs/common';
import { OWED_QUEUES } from '../outbox/owed-publisher.js';

type Step = MessageTrace['steps'][number];

interface NotedStep extends Step {
  /** The first step of a job that no gateway accepted. */
  direct?: boolean;
}

interface Place {
  queue: string;
  state: 'accepted' | 'queued' | 'delivered' | 'given_up';
  accepted_at: Date | null;
  queued_at: Date | null;
  started_at: Date | null;
  ended_at: Date | null;
  history: NotedStep[];
  error: string | null;
  job_id: string | null;
}

/** Where a message is and how it got there, told by its row alone. */
@Injectable()
export class MessageTraceQuery {
  constructor(
    private readonly database: Database,
    private readonly queues: QueueClient,
  ) {}

  /** Undefined when the company has no such message. */
  async find(companyId: string, correlationId: string): Promise<MessageTrace | undefined> {
    const [place] = await this.database.asCompany(companyId, (tx) =>
      tx.query<Place>(
        `select * from message_places where correlation_id = $1 and company_id = $2
          order by state = 'given_up' limit 1`,
        [correlationId, companyId],
      ),
    );
    if (!place) return undefined;
    const state = place.state === 'queued' && (await this.isActive(place)) ? 'active' : place.state;
    return { correlationId, queue: place.queue, state, steps: stepsOf(place) };
  }

  /** Redis knows whether the job is in work; when it is away, the message is simply queued. */
  private async isActive({ queue, job_id }: Place): Promise<boolean> {
    const contract = OWED_QUEUES[queue];
    if (!contract || !job_id) return false;
    return this.queues.states(contract, [job_id]).then(
      ([state]) => state === 'active',
      () => false,
    );
  }
}

function stepsOf({ state, accepted_at, queued_at, started_at, ended_at, history, error }: Place): Step[] {
  const steps: Step[] = [];
  const add = (step: Step['step'], at: Date | string | null, detail?: string | null) => {
    const time = at instanceof Date ? at.toISOString() : at;
    // A failed run notes when it was queued and started; the last run's times also stand in columns.
    if (!time || steps.some((known) => known.step === step && known.at === time)) return;
    steps.push({ step, at: time, ...(detail ? { detail } : {}) });
  };
  if (!history.some(({ direct }) => direct)) add('accepted', accepted_at);
  for (const { step, at, detail } of history) add(step, at, detail);
  add('queued', queued_at);
  add('attempt', started_at);
  if (state === 'delivered' || state === 'given_up') add(state, ended_at, error);
  let attempt = 0;
  return steps.map((step) => (step.step === 'attempt' ? { ...step, attempt: ++attempt } : step));
}
