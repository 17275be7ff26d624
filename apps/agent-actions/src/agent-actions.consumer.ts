import { recordEffects } from '@herald/bootstrap';
import { type ActionRecipient, agentActions, type CommandResult, notFound } from '@herald/contracts';
import {
  ACTION_STATEMENTS,
  Database,
  LOCK_ACTION,
  MessageLedger,
  MessageWriter,
  once,
  SET_ACTION_STATUS,
  type Sql,
} from '@herald/database';
import { type JobOf, OnJob } from '@herald/queue';
import { Controller } from '@nestjs/common';

/** Job to row: works off the queue `agent-actions`. */
@Controller()
export class AgentActionsConsumer {
  private readonly actions: MessageWriter;

  constructor(
    private readonly database: Database,
    ledger: MessageLedger,
  ) {
    this.actions = new MessageWriter(database, ledger, ACTION_STATEMENTS, (times) =>
      recordEffects(agentActions.queue, times),
    );
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
  setStatus({ data }: JobOf<typeof agentActions, 'set-status'>): Promise<CommandResult<ActionRecipient>> {
    return once(this.database, data.correlationId, data.body, (tx) => change(tx, data.companyId, data.body));
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
