import { type Answered, delivery, type FeedItem, forbidden, notFound } from '@herald/contracts';
import { Database, FEED_ITEM, isDataError, MessageLedger, once } from '@herald/database';
import { type JobOf, OnJob, UnrecoverableError } from '@herald/queue';
import { Controller } from '@nestjs/common';
import DataLoader from 'dataloader';

type Deliver = JobOf<typeof delivery, 'deliver'>;
type Run = Deliver['run'];

const COLUMNS = `id, company_id, title, body, author_login, recipient_login, question, metadata,
  created_at, accepted_at, queued_at, started_at, history`;
const MESSAGE = 'm(title text, body text, "authorLogin" text, "recipientLogin" text, question text)';
/** Metadata that is absent or null is an empty object. */
const METADATA = (body: string) => `coalesce(nullif(${body} -> 'metadata', 'null'), '{}')`;

/** The outbox row leaves and the feed row enters in one statement: whoever comes second takes nothing. */
const MOVE_OWED = `
  with taken as (delete from outbox where id = any($1::uuid[]) and queue = 'delivery' returning *)
  insert into feed_messages (${COLUMNS})
  select t.id, t.company_id, m.title, m.body, m."authorLogin", m."recipientLogin", m.question, ${METADATA('t.body')},
         t.accepted_at, t.accepted_at, $2, $3, t.history
    from taken t, jsonb_to_record(t.body -> 'message') as ${MESSAGE}`;

/** True where feed row `f` is the very message that \`body\` of company \`company_id\` of \`g\` describes. */
const SAME_MESSAGE = `f.company_id = g.company_id and f.title = m.title and f.body = m.body
  and f.author_login = m."authorLogin" and f.recipient_login = m."recipientLogin"
  and f.question is not distinct from m.question and f.metadata = ${METADATA('g.body')}`;

const GIVEN = `unnest($1::uuid[], $2::uuid[], $3::jsonb[], $4::timestamptz[], $5::timestamptz[])
  as g(id, company_id, body, queued_at, started_at), jsonb_to_record(g.body -> 'message') as ${MESSAGE}`;

/** A message that came straight from the queue. One that was given up earlier and now succeeds leaves the dead letters. */
const PLACE_DIRECT = `
  with placed as (
    insert into feed_messages (${COLUMNS})
    select g.id, g.company_id, m.title, m.body, m."authorLogin", m."recipientLogin", m.question, ${METADATA('g.body')},
           g.queued_at, null, g.queued_at, g.started_at, '[]'
      from ${GIVEN}
     where not exists (select from outbox o where o.id = g.id)
        on conflict (id) do nothing
    returning id, company_id),
  cleared as (
    delete from dead_letters d using placed p where d.correlation_id = p.id and d.company_id = p.company_id)
  select id from placed`;

const FIND_TWINS = `
  select g.id from ${GIVEN}
   where exists (select from feed_messages f where f.id = g.id and ${SAME_MESSAGE})
      or exists (select from outbox o where o.id = g.id and o.company_id = g.company_id and o.body = g.body)`;

/** Job to row: works off the queue `delivery`. */
@Controller()
export class DeliveryConsumer {
  /** Jobs of one message each share statements; each still ends by itself. */
  private readonly direct = new DataLoader<Deliver, void>((jobs) => this.placeDirect(jobs), {
    cache: false,
    maxBatchSize: 200,
    batchScheduleFn: (run) => setImmediate(run),
  });

  constructor(
    private readonly database: Database,
    private readonly ledger: MessageLedger,
  ) {}

  /** Messages that a gateway accepted: their content is in the outbox. */
  @OnJob(delivery, 'owed')
  async deliverOwed({ data, run }: JobOf<typeof delivery, 'owed'>): Promise<void> {
    try {
      await this.move(data.ids, run);
    } catch (error) {
      if (!isDataError(error)) throw error;
      for (const id of data.ids) await this.moveOne(id, run);
    }
  }

  /** A message that an internal service put on the queue itself. */
  @OnJob(delivery, 'deliver')
  deliver(job: Deliver): Promise<void> {
    return this.direct.load(job);
  }

  /** The recipient alone may change a message; its author sees it change (contract, "L: delivery"). */
  @OnJob(delivery, 'set-status')
  setStatus({ data }: JobOf<typeof delivery, 'set-status'>): Promise<Answered<FeedItem>> {
    const { messageId, login, status } = data.body;
    return once(this.database, data.correlationId, data.body, async (tx) => {
      const [item] = await tx.query<FeedItem>(
        `update feed_messages set status = $4, read_at = case $4 when 'unread' then null
                                                                 when 'read' then coalesce(read_at, now())
                                                                 else read_at end
          where id = $1 and company_id = $2 and recipient_login = $3 returning ${FEED_ITEM}`,
        [messageId, data.companyId, login, status],
      );
      if (item) return item;
      const [written] = await tx.query(
        'select id from feed_messages where id = $1 and company_id = $2 and author_login = $3',
        [messageId, data.companyId, login],
      );
      throw written
        ? forbidden('Only the recipient may change the status of a message')
        : notFound('Message not found');
    });
  }

  @OnJob(delivery, 'read-all')
  readAll({ data }: JobOf<typeof delivery, 'read-all'>): Promise<Answered<{ updated: number }>> {
    return once(this.database, data.correlationId, data.body, async (tx) => {
      // Locked in order, so that two of these at once do not wait for each other.
      const rows = await tx.query(
        `with unread as (
           select id from feed_messages where company_id = $1 and recipient_login = $2 and status = 'unread'
            order by created_at, id for update)
         update feed_messages f set status = 'read', read_at = coalesce(read_at, now())
           from unread where f.id = unread.id returning f.id`,
        [data.companyId, data.body.login],
      );
      return { updated: rows.length };
    });
  }

  private async move(ids: string[], run: Run): Promise<void> {
    await this.database.query(MOVE_OWED, [ids, run.queuedAt, run.startedAt]);
  }

  private async moveOne(id: string, run: Run): Promise<void> {
    try {
      await this.move([id], run);
    } catch (error) {
      if (!isDataError(error)) throw error;
      if (await this.leaveTwin(id)) return;
      await this.ledger.giveUp({ ...run, ids: [id], alone: true }, error as Error, 'failed');
    }
  }

  /** A message that is in the feed already, word for word, is not owed any more. */
  private async leaveTwin(id: string): Promise<boolean> {
    const left = await this.database.query(
      `with twin as (select g.id from outbox g, jsonb_to_record(g.body -> 'message') as ${MESSAGE}, feed_messages f
                      where g.id = $1 and f.id = g.id and ${SAME_MESSAGE})
       delete from outbox o using twin where o.id = twin.id returning o.id`,
      [id],
    );
    return left.length > 0;
  }

  private async placeDirect(jobs: readonly Deliver[]): Promise<(void | Error)[]> {
    const ids = jobs.map((job) => job.data.correlationId);
    if (new Set(ids).size < ids.length) return this.placeEach(jobs);
    try {
      return await this.place(jobs);
    } catch (error) {
      if (jobs.length === 1 || !isDataError(error)) throw isDataError(error) ? permanent(error as Error) : error;
      return this.placeEach(jobs);
    }
  }

  private async placeEach(jobs: readonly Deliver[]): Promise<(void | Error)[]> {
    const outcomes: (void | Error)[] = [];
    for (const job of jobs)
      outcomes.push(
        await this.placeDirect([job]).then(
          ([outcome]) => outcome,
          (error: Error) => error,
        ),
      );
    return outcomes;
  }

  private async place(jobs: readonly Deliver[]): Promise<(void | Error)[]> {
    const given = [
      jobs.map(({ data }) => data.correlationId),
      jobs.map(({ data }) => data.companyId),
      jobs.map(({ data }) => JSON.stringify(data.body)),
      jobs.map(({ run }) => run.queuedAt),
      jobs.map(({ run }) => run.startedAt),
    ];
    const done = new Set((await this.database.query<{ id: string }>(PLACE_DIRECT, given)).map(({ id }) => id));
    if (done.size < jobs.length) {
      for (const { id } of await this.database.query<{ id: string }>(FIND_TWINS, given)) done.add(id);
    }
    return jobs.map(({ data }) =>
      done.has(data.correlationId) ? undefined : permanent(new Error('correlationId is in use')),
    );
  }
}

/** Trying again would end the same way. */
const permanent = (error: Error): Error => Object.assign(new UnrecoverableError(error.message), { cause: error });
