import { recordEffects } from '@herald/bootstrap';
import {
  audience,
  type CommandResult,
  delivery,
  type FeedItem,
  forbidden,
  type MarkedMessages,
  notFound,
  type RefusedMessage,
  type Updated,
} from '@herald/contracts';
import {
  Database,
  FEED_STATEMENTS,
  findWritten,
  MessageLedger,
  MessageWriter,
  once,
  setFeedStatus,
  setFeedStatuses,
  type Sql,
} from '@herald/database';
import { Announcer, type JobOf, OnJob } from '@herald/queue';
import { Controller } from '@nestjs/common';
import { FeedMarker } from './feed-marker.js';

const NOT_RECIPIENT = 'Only the recipient may change the status of a message';
const NOT_FOUND = 'Message not found';

/** The people whose feeds contain a message. */
interface Readers {
  company_id: string;
  recipient_login: string;
  author_login: string;
}

const audiencesOf = ({ company_id, recipient_login, author_login }: Readers): string[] => [
  audience.feed(company_id, recipient_login),
  audience.feed(company_id, author_login),
];

const refused = (error: string, message: string): RefusedMessage => ({ error, message, errors: [] });
const FORBIDDEN = refused('Forbidden', NOT_RECIPIENT);
const ABSENT = refused('NotFound', NOT_FOUND);

/** Job to row: works off the queue `delivery`. */
@Controller()
export class DeliveryConsumer {
  private readonly messages;

  constructor(
    private readonly database: Database,
    ledger: MessageLedger,
    private readonly announcer: Announcer,
    private readonly marker: FeedMarker,
  ) {
    this.messages = new MessageWriter<Readers>(database, ledger, FEED_STATEMENTS, (rows, times) => {
      recordEffects(delivery.queue, times);
      announcer.announce(rows.flatMap(audiencesOf));
    });
  }

  /** Messages that a gateway accepted: their content is in the outbox. */
  @OnJob(delivery, 'owed')
  deliverOwed({ data, run }: JobOf<typeof delivery, 'owed'>): Promise<void> {
    return this.messages.writeOwed(data.ids, run);
  }

  /** A message that an internal service put on the queue itself. */
  @OnJob(delivery, 'deliver')
  deliver(job: JobOf<typeof delivery, 'deliver'>): Promise<void> {
    return this.messages.writeDirect(job);
  }

  /** The recipient alone may change a message; its author sees it change (contracts README, "Marking messages"). */
  @OnJob(delivery, 'set-status')
  async setStatus({ data, run }: JobOf<typeof delivery, 'set-status'>): Promise<CommandResult<FeedItem>> {
    const { messageId, login, status } = data.body;
    const message = { companyId: data.companyId, messageId, login };
    const mark = async (tx: Sql) => {
      const item = await setFeedStatus(tx, message, status);
      if (item) return item;
      const isAuthor = (await findWritten(tx, data.companyId, [messageId], login)).length > 0;
      throw isAuthor ? forbidden(NOT_RECIPIENT) : notFound(NOT_FOUND);
    };
    const { companyId } = data;
    const result = await once(this.database, data.correlationId, data.body, mark, { companyId, run });
    const { recipientLogin, authorLogin } = result.verdict;
    this.announcer.announce([recipientLogin, authorLogin].map((each) => audience.feed(data.companyId, each)));
    return result;
  }

  /** As `set-status`, for several messages at once: one that may not be changed does not fail the others. */
  @OnJob(delivery, 'set-statuses')
  async setStatuses({ data, run }: JobOf<typeof delivery, 'set-statuses'>): Promise<CommandResult<MarkedMessages>> {
    const { companyId, correlationId, body } = data;
    const { ids, login, status } = body;
    const changed = new Set<string>();
    const mark = async (tx: Sql) => {
      const marked = await setFeedStatuses(tx, { companyId, ids, login }, status);
      for (const { authorLogin } of marked) changed.add(login).add(authorLogin);
      const found = new Map(
        marked.map(({ id, status: now, readAt, seenAt }) => [id, { id, status: now, readAt, seenAt }]),
      );
      const others = ids.filter((id) => !found.has(id));
      const written = new Set(others.length > 0 ? await findWritten(tx, companyId, others, login) : []);
      return { results: ids.map((id) => found.get(id) ?? (written.has(id) ? FORBIDDEN : ABSENT)) };
    };
    const result = await once(this.database, correlationId, body, mark, { companyId, run });
    this.announcer.announce([...changed].map((each) => audience.feed(companyId, each)));
    return result;
  }

  /** The job of gateways for a request without an end and a tab. */
  @OnJob(delivery, 'read-all')
  readAll({ data, run }: JobOf<typeof delivery, 'read-all'>): Promise<CommandResult<Updated>> {
    const { companyId, correlationId, body } = data;
    const feed = { companyId, login: body.login, tab: 'all', mark: 'read' } as const;
    return this.marker.mark(feed, { correlationId, body, run });
  }

  @OnJob(delivery, 'mark-all')
  markAll({ data, run }: JobOf<typeof delivery, 'mark-all'>): Promise<CommandResult<Updated>> {
    const { companyId, correlationId, body } = data;
    const { login, mark, upTo, tab } = body;
    return this.marker.mark({ companyId, login, mark, upTo, tab: tab ?? 'all' }, { correlationId, body, run });
  }
}
