import { recordEffects } from '@herald/bootstrap';
import { type CommandResult, delivery, type FeedItem, forbidden, notFound } from '@herald/contracts';
import { Database, FEED_ITEM, MessageLedger, MessageWriter, once } from '@herald/database';
import { type JobOf, OnJob } from '@herald/queue';
import { Controller } from '@nestjs/common';
import { feedStatements } from './feed-statements.js';

/** Job to row: works off the queue `delivery`. */
@Controller()
export class DeliveryConsumer {
  private readonly messages: MessageWriter;

  constructor(
    private readonly database: Database,
    ledger: MessageLedger,
  ) {
    this.messages = new MessageWriter(database, ledger, feedStatements, (times) =>
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
  readAll({ data }: JobOf<typeof delivery, 'read-all'>): Promise<CommandResult<{ updated: number }>> {
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
}
