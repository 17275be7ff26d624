import { recordEffects } from '@herald/bootstrap';
import { type CommandResult, delivery, type FeedItem, forbidden, notFound } from '@herald/contracts';
import {
  Database,
  FEED_STATEMENTS,
  hasWritten,
  MessageLedger,
  MessageWriter,
  once,
  readAllOfFeed,
  setFeedStatus,
} from '@herald/database';
import { type JobOf, OnJob } from '@herald/queue';
import { Controller } from '@nestjs/common';

/** Job to row: works off the queue `delivery`. */
@Controller()
export class DeliveryConsumer {
  private readonly messages: MessageWriter;

  constructor(
    private readonly database: Database,
    ledger: MessageLedger,
  ) {
    this.messages = new MessageWriter(database, ledger, FEED_STATEMENTS, (times) =>
      recordEffects(delivery.queue, times),
    );
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
  setStatus({ data }: JobOf<typeof delivery, 'set-status'>): Promise<CommandResult<FeedItem>> {
    const { messageId, login, status } = data.body;
    const message = { companyId: data.companyId, messageId, login };
    return once(this.database, data.correlationId, data.body, async (tx) => {
      const item = await setFeedStatus(tx, message, status);
      if (item) return item;
      throw (await hasWritten(tx, message))
        ? forbidden('Only the recipient may change the status of a message')
        : notFound('Message not found');
    });
  }

  @OnJob(delivery, 'read-all')
  readAll({ data }: JobOf<typeof delivery, 'read-all'>): Promise<CommandResult<{ updated: number }>> {
    return once(this.database, data.correlationId, data.body, async (tx) => ({
      updated: await readAllOfFeed(tx, data.companyId, data.body.login),
    }));
  }
}
