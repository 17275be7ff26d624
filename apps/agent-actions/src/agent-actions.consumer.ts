import { type ActionRecipient, agentActions, type Answered, notFound } from '@herald/contracts';
import {
  Database,
  FIND_TWINS,
  isDataError,
  LEAVE_TWIN,
  LOCK_ACTION,
  MessageLedger,
  once,
  RECORD_DIRECT,
  RECORD_OWED,
  SET_ACTION_STATUS,
  type Sql,
} from '@herald/database';
import { type JobOf, OnJob, UnrecoverableError } from '@herald/queue';
import { Controller } from '@nestjs/common';
import DataLoader from 'dataloader';

type Direct = JobOf<typeof agentActions, 'record'>;
type Run = Direct['run'];

/** Job to row: works off the queue `agent-actions`. */
@Controller()
export class AgentActionsConsumer {
  /** Jobs of one action each share statements; each still ends by itself. */
  private readonly direct = new DataLoader<Direct, void>((jobs) => this.recordInTurn(jobs), {
    cache: false,
    maxBatchSize: 200,
    batchScheduleFn: (run) => void this.turn.then(() => setImmediate(run)),
  });
  /** The statement in work: what arrives meanwhile shares the next one. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly ledger: MessageLedger,
  ) {}

  /** Actions that a gateway accepted: their content is in the outbox. */
  @OnJob(agentActions, 'owed')
  async recordOwed({ data, run }: JobOf<typeof agentActions, 'owed'>): Promise<void> {
    try {
      await this.move(data.ids, run);
    } catch (error) {
      if (!isDataError(error)) throw error;
      for (const id of data.ids) await this.moveOne(id, run);
    }
  }

  /** An action that an internal service put on the queue itself. */
  @OnJob(agentActions, 'record')
  record(job: Direct): Promise<void> {
    return this.direct.load(job);
  }

  /** What one recipient did with an action; 404 when the company has no such action or it has no such recipient. */
  @OnJob(agentActions, 'set-status')
  setStatus({ data }: JobOf<typeof agentActions, 'set-status'>): Promise<Answered<ActionRecipient>> {
    return once(this.database, data.correlationId, data.body, (tx) => change(tx, data.companyId, data.body));
  }

  private async move(ids: string[], run: Run): Promise<void> {
    await this.database.query(RECORD_OWED, [ids, run.queuedAt, run.startedAt]);
  }

  private async moveOne(id: string, run: Run): Promise<void> {
    try {
      await this.move([id], run);
    } catch (error) {
      if (!isDataError(error)) throw error;
      // An action that is in the log already, word for word, is not owed any more.
      const left = await this.database.query(LEAVE_TWIN, [id]).catch(asNone);
      if (left.length > 0) return;
      await this.ledger.giveUp({ ...run, ids: [id], alone: true }, error as Error, 'failed');
    }
  }

  private recordInTurn(jobs: readonly Direct[]): Promise<(void | Error)[]> {
    const recorded = this.recordDirect(jobs);
    this.turn = recorded.catch(() => undefined);
    return recorded;
  }

  private async recordDirect(jobs: readonly Direct[]): Promise<(void | Error)[]> {
    const ids = jobs.map(({ data }) => data.correlationId);
    if (new Set(ids).size < ids.length) return this.recordEach(jobs);
    try {
      return await this.recordAll(jobs);
    } catch (error) {
      if (jobs.length === 1 || !isDataError(error)) throw isDataError(error) ? permanent(error as Error) : error;
      return this.recordEach(jobs);
    }
  }

  private async recordEach(jobs: readonly Direct[]): Promise<(void | Error)[]> {
    const outcomes: (void | Error)[] = [];
    for (const job of jobs) {
      outcomes.push(
        await this.recordDirect([job]).then(
          ([outcome]) => outcome,
          (error: Error) => error,
        ),
      );
    }
    return outcomes;
  }

  private async recordAll(jobs: readonly Direct[]): Promise<(void | Error)[]> {
    const given = [
      jobs.map(({ data }) => data.correlationId),
      jobs.map(({ data }) => data.companyId),
      jobs.map(({ data }) => JSON.stringify(data.body)),
      jobs.map(({ run }) => run.queuedAt),
      jobs.map(({ run }) => run.startedAt),
    ];
    const done = new Set((await this.database.query<{ id: string }>(RECORD_DIRECT, given)).map(({ id }) => id));
    if (done.size < jobs.length) {
      for (const { id } of await this.database.query<{ id: string }>(FIND_TWINS, given)) done.add(id);
    }
    return jobs.map(({ data }) =>
      done.has(data.correlationId) ? undefined : permanent(new Error('correlationId is in use')),
    );
  }
}

/** The action first, then its recipient, then the counters: the order in which everyone locks them. */
async function change(
  tx: Sql,
  companyId: string,
  { notificationId, userId, status }: { notificationId: string; userId: string; status: string },
): Promise<ActionRecipient> {
  const [before] = await tx.query<{ status: string }>(LOCK_ACTION, [notificationId, companyId]);
  if (!before) throw notFound('Notification not found');
  const [changed] = await tx.query<{ recipient: ActionRecipient }>(SET_ACTION_STATUS, [
    notificationId,
    userId,
    status,
    before.status,
  ]);
  if (!changed) throw notFound('The notification has no such recipient');
  return changed.recipient;
}

/** A body that cannot even be compared has no twin. */
function asNone(error: unknown): [] {
  if (isDataError(error)) return [];
  throw error;
}

/** Trying again would end the same way. */
const permanent = (error: Error): Error => Object.assign(new UnrecoverableError(error.message), { cause: error });
