import { recordEffects } from '@herald/bootstrap';
import { audience, type CommandResult, delivery, type FeedItem, forbidden, notFound } from '@herald/contracts';
import {
  Database,
  FEED_STATEMENTS,
  hasWritten,
  MessageLedger,
  MessageWriter,
  once,
  readAllOfFeed,
  setFeedStatus,
  type Sql,
} from '@herald/database';
import { Announcer, type JobOf, OnJob } from '@herald/queue';
import { Controller } from '@nestjs/common';

/** Whose feeds a message is in. */
interface Readers {
  company_id: string;
  recipient_login: string;
  author_login: string;
}

const audiencesOf = ({ company_id, recipient_login, author_login }: Readers): string[] => [
  audience.feed(company_id, recipient_login),
  audience.feed(company_id, author_login),
];

/** Job to row: works off the queue `delivery`. */
@Controller()
export class DeliveryConsumer {
  private readonly messages;

  constructor(
    private readonly database: Database,
    ledger: MessageLedger,
    private readonly announcer: Announcer,
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
      throw (await hasWritten(tx, message))
        ? forbidden('Only the recipient may change the status of a message')
        : notFound('Message not found');
    };
    const { companyId } = data;
    const result = await once(this.database, data.correlationId, data.body, mark, { companyId, run });
    const { recipientLogin, authorLogin } = result.verdict;
    this.announcer.announce([recipientLogin, authorLogin].map((each) => audience.feed(data.companyId, each)));
    return result;
  }

  @OnJob(delivery, 'read-all')
  async readAll({ data, run }: JobOf<typeof delivery, 'read-all'>): Promise<CommandResult<{ updated: number }>> {
    const { companyId, body } = data;
    const mark = async (tx: Sql) => ({ updated: await readAllOfFeed(tx, companyId, body.login) });
    const result = await once(this.database, data.correlationId, body, mark, { companyId, run });
    // The authors' streams find the changes by their poll.
    this.announcer.announce([audience.feed(data.companyId, data.body.login)]);
    return result;
  }
}
