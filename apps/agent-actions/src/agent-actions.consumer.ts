import { recordEffects } from '@herald/bootstrap';
import { type ActionRecipient, agentActions, audience, type CommandResult, notFound } from '@herald/contracts';
import {
  ACTION_STATEMENTS,
  Database,
  lockAction,
  MessageLedger,
  MessageWriter,
  once,
  setActionStatus,
  type Sql,
} from '@herald/database';
import { Announcer, type JobOf, OnJob } from '@herald/queue';
import { Controller } from '@nestjs/common';

/** Job to row: works off the queue `agent-actions`. */
@Controller()
export class AgentActionsConsumer {
  private readonly actions;

  constructor(
    private readonly database: Database,
    ledger: MessageLedger,
    private readonly announcer: Announcer,
  ) {
    this.actions = new MessageWriter<{ company_id: string }>(database, ledger, ACTION_STATEMENTS, (rows, times) => {
      recordEffects(agentActions.queue, times);
      announcer.announce(rows.map(({ company_id }) => audience.actions(company_id)));
    });
  }

  /** Actions that a gateway accepted: their content is in the outbox. */
  @OnJob(agentActions, 'owed')
  recordOwed({ data, run }: JobOf<typeof agentActions, 'owed'>): Promise<void> {
    return this.actions.writeOwed(data.ids, run);
  }

  /** An action that an internal service put on the queue itself. */
  @OnJob(agentActions, 'record')
  record(job: JobOf<typeof agentActions, 'record'>): Promise<void> {
    return this.actions.writeDirect(job);
  }

  /** What one recipient did with an action; 404 when the company has no such action or it has no such recipient. */
  @OnJob(agentActions, 'set-status')
  async setStatus({ data, run }: JobOf<typeof agentActions, 'set-status'>): Promise<CommandResult<ActionRecipient>> {
    const { companyId, correlationId, body } = data;
    const result = await once(this.database, correlationId, body, (tx) => setStatus(tx, companyId, body), {
      companyId,
      run,
    });
    this.announcer.announce([audience.actions(companyId)]);
    return result;
  }
}

/** The action first, then its recipient, then the counters: the order in which everyone locks them. */
async function setStatus(
  tx: Sql,
  companyId: string,
  change: { notificationId: string; userId: string; status: string },
): Promise<ActionRecipient> {
  const before = await lockAction(tx, companyId, change.notificationId);
  if (before === undefined) throw notFound('Notification not found');
  const recipient = await setActionStatus(tx, change, before);
  if (!recipient) throw notFound('The notification has no such recipient');
  return recipient;
}
