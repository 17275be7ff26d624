import {
  activeSpan,
  BrokenContract,
  type CommandResult,
  type Done,
  type JobContract,
  type JobRun,
  keyReused,
  merchantAnswers,
  notFound,
  PermanentFault,
  readJob,
  readMoment,
  Refusal,
  together,
} from '@herald/contracts';
import { bodyHash, Database, findType, isDataError, MessageLedger, once, type Sql } from '@herald/database';
import { type JobOf, OnJob } from '@herald/queue';
import { Controller } from '@nestjs/common';
import DataLoader from 'dataloader';
import { checkRequest, conversationNotFound, typeNamed } from './answer-rules.js';
import { Answers, type GivenAnswer } from './answers.js';
import { FIND_MADE, LEAVE, MAKE, UPSERT } from './statements.js';

type Jobs = (typeof merchantAnswers)['jobs'];
type Job<Name extends keyof Jobs> = JobOf<typeof merchantAnswers, Name>;
type Command = Job<'request'> | Job<'answer'> | Job<'delete'> | Job<'conversation.upsert'>;

/** Questions, answers and conversations: works off the queue `merchant-answers`. */
@Controller()
export class MerchantAnswersConsumer {
  /** Answers that are in work at once share statements; each ends by itself. Where one came alone, the next waits for none. */
  private readonly answering = new DataLoader<GivenAnswer, CommandResult<Done>>((given) => this.give(given), {
    cache: false,
    maxBatchSize: 100,
    batchScheduleFn: (run) => (this.isQuiet ? queueMicrotask(run) : setImmediate(run)),
  });
  private readonly batches = { inWork: 0, lastSize: 1 };

  constructor(
    private readonly database: Database,
    private readonly answers: Answers,
    private readonly ledger: MessageLedger,
  ) {}

  /** A question for a merchant. When nobody waits for the outcome, the conversation may still come: it is tried again. */
  @OnJob(merchantAnswers, 'request')
  async request(job: Job<'request'>): Promise<CommandResult<Done>> {
    const { correlationId, merchantId, body } = job.data;
    const name = typeNamed(body);
    const known = name === undefined ? null : await findType(this.database, name);
    return this.once(job, async (tx) => {
      const { type, conversationId, context } = checkRequest(body, known);
      const values = [correlationId, merchantId, conversationId, type.name, JSON.stringify(context)];
      const [made] = await tx.query(MAKE, values);
      if (!made && !(await wasMade(tx, values))) {
        throw job.run.awaited ? conversationNotFound() : new Error('Conversation not found');
      }
      return { message: 'Notification requested successfully' };
    });
  }

  @OnJob(merchantAnswers, 'answer')
  answer(job: Job<'answer'>): Promise<CommandResult<Done>> {
    const { correlationId: id, merchantId, notificationId, body } = job.data;
    const hash = bodyHash(contentOf(job));
    const { awaited } = job.run;
    return this.answering.load({ id, merchantId, notificationId, body, hash, awaited, span: activeSpan() });
  }

  /** An answered notification may be deleted too; its event was written with the answer. */
  @OnJob(merchantAnswers, 'delete')
  delete(job: Job<'delete'>): Promise<CommandResult<Done>> {
    const { merchantId, notificationId } = job.data;
    return this.once(job, async (tx) => {
      const deleted = await tx.query('delete from notifications where id = $1 and merchant_id = $2 returning id', [
        notificationId,
        merchantId,
      ]);
      if (deleted.length === 0) throw notFound('Notification not found');
      return { message: 'Notification deleted successfully' };
    });
  }

  /** The latest state of a conversation wins, in whatever order they come; a conversation never changes its merchant. */
  @OnJob(merchantAnswers, 'conversation.upsert')
  async upsertConversation(job: Job<'conversation.upsert'>): Promise<void> {
    const { id, merchant_id, lead_phone, lead_name, updated_at } = job.data.body;
    await this.once(job, async (tx) => {
      const [conversation] = await tx.query<{ same_merchant: boolean }>(UPSERT, [
        id,
        merchant_id,
        lead_phone ?? null,
        lead_name ?? null,
        // To the microsecond, so that two changes within a millisecond keep their order.
        readMoment(updated_at)?.iso,
      ]);
      if (!conversation?.same_merchant) throw new PermanentFault('The conversation belongs to another merchant');
      return {};
    });
  }

  /** Jobs of internal services whose worker died, and dead letters that were sent back: their content is in the outbox. */
  @OnJob(merchantAnswers, 'owed')
  async workOffOwed({ data, run }: Job<'owed'>): Promise<void> {
    for (const id of data.ids) await this.workOff(id, run);
  }

  private async workOff(id: string, run: JobRun): Promise<void> {
    const [row] = await this.database.query<{ job: string; body: object }>(
      `select job, body from outbox where id = $1 and queue = 'merchant-answers'`,
      [id],
    );
    if (!row) return;
    try {
      await this.redo({ ...row.body, correlationId: id }, { ...run, job: row.job, awaited: false });
      // What had its effect before is not owed any more.
      await this.database.query(LEAVE, [id]);
    } catch (error) {
      if (!isFinal(error)) throw error;
      await this.ledger.giveUp({ ...run, ids: [id], alone: true }, error as Error, 'failed');
    }
  }

  private async redo(data: object, run: JobRun): Promise<unknown> {
    const read = <Data>(contract: JobContract<Data>): Data =>
      readJob(contract, { queue: run.queue, job: run.job, data }).data;
    const { request, answer, delete: remove, 'conversation.upsert': upsert } = merchantAnswers.jobs;
    switch (run.job) {
      case 'request':
        return this.request({ run, data: read(request) });
      case 'answer':
        return this.answer({ run, data: read(answer) });
      case 'delete':
        return this.delete({ run, data: read(remove) });
      case 'conversation.upsert':
        return this.upsertConversation({ run, data: read(upsert) });
      default:
        throw new PermanentFault(`The queue has no job "${run.job}"`);
    }
  }

  private get isQuiet(): boolean {
    return this.batches.inWork === 0 && this.batches.lastSize === 1;
  }

  private async give(given: readonly GivenAnswer[]) {
    this.batches.inWork++;
    this.batches.lastSize = given.length;
    try {
      return await together(given, () => this.answers.give(given));
    } finally {
      this.batches.inWork--;
    }
  }

  private once<Verdict>(job: Command, effect: (tx: Sql) => Promise<Verdict>): Promise<CommandResult<Verdict>> {
    const { correlationId } = job.data;
    return once(this.database, correlationId, contentOf(job), async (tx) => {
      // It may stand in the outbox, or have been given up before: it is in one place.
      if (!job.run.awaited) await tx.query(LEAVE, [correlationId]);
      return effect(tx);
    });
  }
}

/** What makes two jobs of one correlationId the same. */
function contentOf({ data, run }: Command): unknown {
  const { v: _, correlationId: __, ...content } = data;
  return { job: run.job, ...content };
}

const isFinal = (error: unknown) =>
  error instanceof Refusal || error instanceof PermanentFault || error instanceof BrokenContract || isDataError(error);

/** The memory of requests is shorter than a notification's life: what it made may be all that is left of a request. */
async function wasMade(tx: Sql, values: unknown[]): Promise<boolean> {
  const [earlier] = await tx.query<{ same: boolean }>(FIND_MADE, values);
  if (earlier && !earlier.same) throw keyReused();
  return earlier !== undefined;
}
