import { activeSpan, type JobRun, PermanentFault, together } from '@herald/contracts';
import DataLoader from 'dataloader';
import { findUnknownCompanies, unknownCompany } from '../accounts/companies.js';
import type { Database } from '../connection/database.js';
import { isDataError, wordsOf } from '../connection/faults.js';
import type { MessageLedger } from './message-ledger.js';
import type { MessageStatements } from './message-statements.js';

/** A job that contains its message, checked against its contract. */
export interface DirectMessage {
  data: { correlationId: string; companyId: string; body: unknown };
  run: JobRun;
  /** The span of the job. */
  span?: ReturnType<typeof activeSpan>;
}

type Outcome = void | Error;

const inUse = () => new PermanentFault('correlationId is in use');

const MAX_BATCH = 200;
/** Up to this size planning costs more than running; a larger batch is worth a plan of its own. */
const SMALL_BATCH = 64;

/**
 * Writes messages from jobs to rows, for every product whose messages are written by one statement. After a data error
 * the messages are written one by one, so that a bad message does not fail the others.
 */
export class MessageWriter<Row extends object = object> {
  /** Batches direct jobs into shared statements; each job still has its own outcome. */
  private readonly direct = new DataLoader<DirectMessage, void>((messages) => this.takeTurn(messages), {
    cache: false,
    maxBatchSize: MAX_BATCH,
    batchScheduleFn: (run) => void this.turn.then(() => setImmediate(run)),
  });
  /** The running statement; messages that arrive meanwhile share the next one. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly ledger: MessageLedger,
    private readonly statements: MessageStatements,
    /** Called after each commit with its rows, and the times at which their messages were accepted or queued. */
    private readonly onWritten: (rows: Row[], acceptedAt: Date[]) => void,
  ) {}

  /** Writes messages that a gateway accepted. Those that another worker has already written are skipped. */
  async writeOwed(ids: string[], run: JobRun): Promise<void> {
    try {
      await this.move(ids, run);
    } catch (error) {
      if (!isDataError(error)) throw error;
      for (const id of ids) await this.moveOne(id, run);
    }
  }

  /**
   * Writes a message that an internal service enqueued; the same message twice is written once.
   * @throws PermanentFault when its data cannot be stored, its company does not exist, or its correlationId is in use
   *   for another message
   */
  writeDirect(message: DirectMessage): Promise<void> {
    return this.direct.load({ ...message, span: activeSpan() });
  }

  private async move(ids: string[], run: JobRun): Promise<void> {
    const values = [ids, run.queuedAt, run.startedAt];
    const moved = await this.database.query<Row & { accepted_at: Date }>(this.statements.moveOwed, values);
    this.onWritten(
      moved,
      moved.map(({ accepted_at }) => accepted_at),
    );
  }

  private async moveOne(id: string, run: JobRun): Promise<void> {
    try {
      await this.move([id], run);
    } catch (error) {
      if (!isDataError(error)) throw error;
      if (await this.leaveTwin(id)) return;
      await this.ledger.giveUp({ ...run, ids: [id], alone: true }, error as Error, 'failed');
    }
  }

  private async leaveTwin(id: string): Promise<boolean> {
    try {
      return (await this.database.query(this.statements.leaveTwin, [id])).length > 0;
    } catch (error) {
      // A body that Postgres cannot even compare has no twin.
      if (isDataError(error)) return false;
      throw error;
    }
  }

  private takeTurn(messages: readonly DirectMessage[]): Promise<Outcome[]> {
    const written = together(messages, () => this.write(messages));
    this.turn = written.catch(() => undefined);
    return written;
  }

  private async write(messages: readonly DirectMessage[]): Promise<Outcome[]> {
    const ids = messages.map(({ data }) => data.correlationId);
    if (new Set(ids).size < ids.length) return this.writeEach(messages);
    try {
      return await this.writeAll(messages);
    } catch (error) {
      if (!isDataError(error)) throw error;
      if (messages.length > 1) return this.writeEach(messages);
      throw new PermanentFault(wordsOf(error as Error), { cause: error });
    }
  }

  private async writeEach(messages: readonly DirectMessage[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const message of messages) {
      const written = this.write([message]).then(([outcome]) => outcome);
      outcomes.push(await written.catch((error: Error) => error));
    }
    return outcomes;
  }

  private async writeAll(messages: readonly DirectMessage[]): Promise<Outcome[]> {
    const values = [
      messages.map(({ data }) => data.correlationId),
      messages.map(({ data }) => data.companyId),
      messages.map(({ data }) => JSON.stringify(data.body)),
      messages.map(({ run }) => run.queuedAt),
      messages.map(({ run }) => run.startedAt),
    ];
    const { writeDirect, findTwins } = this.statements;
    const written =
      messages.length <= SMALL_BATCH
        ? await this.database.prepared<Row & { id: string }>(writeDirect, values)
        : await this.database.query<Row & { id: string }>(writeDirect, values);
    const done = new Set(written.map(({ id }) => id));
    this.onWritten(
      written,
      messages.filter(({ data }) => done.has(data.correlationId)).map(({ run }) => run.queuedAt),
    );
    if (done.size === messages.length) return messages.map(() => undefined);
    for (const { id } of await this.database.query<{ id: string }>(findTwins, values)) done.add(id);
    const undone = messages.filter(({ data }) => !done.has(data.correlationId));
    const companies = undone.map(({ data }) => data.companyId);
    const unknown = new Set(await findUnknownCompanies(this.database, companies));
    return messages.map(({ data: { correlationId, companyId } }) => {
      if (done.has(correlationId)) return undefined;
      return unknown.has(companyId) ? new PermanentFault(unknownCompany(companyId)) : inUse();
    });
  }
}
