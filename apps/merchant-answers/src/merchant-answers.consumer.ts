import { randomUUID } from 'node:crypto';
import {
  audience,
  BrokenContract,
  type CommandResult,
  type Done,
  type JobContract,
  type JobRun,
  keyReused,
  merchantAnswers,
  merchantTenant,
  notFound,
  PermanentFault,
  readJob,
  readMoment,
  Refusal,
} from '@herald/contracts';
import {
  bodyHash,
  compareRequest,
  Database,
  deleteNotification,
  type EventTarget,
  findOwedCommand,
  findType,
  insertNotification,
  isDataError,
  MessageLedger,
  once,
  renameCommand,
  settleCommand,
  type Sql,
  type StoredRequest,
  upsertConversation,
} from '@herald/database';
import { Announcer, type JobOf, OnJob } from '@herald/queue';
import { Controller } from '@nestjs/common';
import { checkRequest, conversationNotFound, refusalOfEnd, typeNamed } from './answer-rules.js';
import { Answers } from './answers.js';
import { Events } from './events.js';

type Jobs = (typeof merchantAnswers)['jobs'];
type Job<Name extends keyof Jobs> = JobOf<typeof merchantAnswers, Name>;
type Command = Job<'request'> | Job<'answer'> | Job<'delete'> | Job<'conversation.upsert'>;

/** Questions, answers and conversations: works off the queue `merchant-answers`. */
@Controller()
export class MerchantAnswersConsumer {
  constructor(
    private readonly database: Database,
    private readonly answers: Answers,
    private readonly ledger: MessageLedger,
    private readonly events: Events,
    private readonly announcer: Announcer,
  ) {}

  /** A question for a merchant. When nobody waits for the outcome, the conversation may still come: it is tried again. */
  @OnJob(merchantAnswers, 'request')
  async request(job: Job<'request'>): Promise<CommandResult<Done>> {
    const { correlationId, merchantId, body } = job.data;
    const name = typeNamed(body);
    const known = name === undefined ? null : await findType(this.database, name);
    return this.announced(
      merchantId,
      this.once(job, async (tx) => {
        const { type, ...asked } = checkRequest(body, known);
        const request = { ...asked, correlationId, merchantId, type: type.name };
        const events = this.events.of(merchantId);
        const refusal = refusalOfEnd(request);
        const isNew = !refusal && (await insertNotification(tx, request, events));
        const isMade =
          isNew ||
          // A job that was worked off before is the same, though its question may have ended.
          (job.run.awaited ? !refusal && (await madeAnew(tx, request, events)) : await wasMade(tx, request));
        if (!isMade) throw refusal ?? (job.run.awaited ? conversationNotFound() : new Error('Conversation not found'));
        return { message: 'Notification requested successfully' };
      }),
    );
  }

  @OnJob(merchantAnswers, 'answer')
  answer(job: Job<'answer'>): Promise<CommandResult<Done>> {
    const { correlationId, merchantId, notificationId, body } = job.data;
    const hash = bodyHash(contentOf(job));
    const given = { correlationId, merchantId, notificationId, body, hash, run: job.run };
    return this.announced(merchantId, this.answers.give(given));
  }

  /** A question that has ended may be deleted too; the event of its end was written then. */
  @OnJob(merchantAnswers, 'delete')
  delete(job: Job<'delete'>): Promise<CommandResult<Done>> {
    const { merchantId, notificationId: id } = job.data;
    return this.announced(
      merchantId,
      this.once(job, async (tx) => {
        const deleted = await deleteNotification(tx, { id, merchantId }, this.events.of(merchantId));
        if (!deleted) throw notFound('Notification not found');
        return { message: 'Notification deleted successfully' };
      }),
    );
  }

  /** The latest state of a conversation wins, in whatever order they come; a conversation never changes its merchant. */
  @OnJob(merchantAnswers, 'conversation.upsert')
  async upsertConversation(job: Job<'conversation.upsert'>): Promise<void> {
    const { id, merchant_id, lead_phone, lead_name, updated_at } = job.data.body;
    await this.once(job, async (tx) => {
      const sameMerchant = await upsertConversation(tx, {
        id,
        merchantId: merchant_id,
        leadPhone: lead_phone,
        leadName: lead_name,
        updatedAt: readMoment(updated_at)?.iso,
      });
      if (!sameMerchant) throw new PermanentFault('The conversation belongs to another merchant');
      return {};
    });
  }

  /** Jobs of internal services whose worker died, and dead letters that were sent back: their content is in the outbox. */
  @OnJob(merchantAnswers, 'owed')
  async workOffOwed({ data, run }: Job<'owed'>): Promise<void> {
    for (const id of data.ids) await this.workOff(id, run);
  }

  private async workOff(id: string, run: JobRun): Promise<void> {
    const row = await findOwedCommand(this.database, id);
    if (!row) return;
    try {
      await this.redo({ ...row.body, correlationId: id }, { ...run, job: row.job, awaited: false });
      // What had its effect before is not owed any more.
      await settleCommand(this.database, id);
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

  /** Wakes the streams of a merchant once a command is committed. */
  private async announced<Result>(merchantId: number, command: Promise<Result>): Promise<Result> {
    const result = await command;
    this.announcer.announce([audience.questions(merchantId)]);
    return result;
  }

  private once<Verdict>(job: Command, effect: (tx: Sql) => Promise<Verdict>): Promise<CommandResult<Verdict>> {
    const { data, run } = job;
    const { correlationId } = data;
    const settling = async (tx: Sql) => {
      // It may stand in the outbox, or have been given up before: it is in one place.
      if (!run.awaited) await settleCommand(tx, correlationId);
      return effect(tx);
    };
    const companyId = merchantTenant('merchantId' in data ? data.merchantId : data.body.merchant_id);
    return once(this.database, correlationId, contentOf(job), settling, { companyId, run });
  }
}

/** What makes two jobs of one correlationId the same. */
function contentOf({ data, run }: Command): unknown {
  const { v: _, correlationId: __, ...content } = data;
  return { job: run.job, ...content };
}

const isFinal = (error: unknown) =>
  error instanceof Refusal || error instanceof PermanentFault || error instanceof BrokenContract || isDataError(error);

/** Under a key that was used before and is forgotten since, the id may be that of the notification before. */
async function madeAnew(tx: Sql, request: StoredRequest, events: EventTarget): Promise<boolean> {
  const again = { ...request, correlationId: randomUUID() };
  if (!(await insertNotification(tx, again, events))) return false;
  await renameCommand(tx, request.correlationId, again.correlationId);
  return true;
}

/** The memory of requests is shorter than a notification's life: what it made may be all that is left of a request. */
async function wasMade(tx: Sql, request: StoredRequest): Promise<boolean> {
  const same = await compareRequest(tx, request);
  if (same === false) throw keyReused();
  return same === true;
}
