import { ActionRecipient, RecordAction, SetActionStatus } from './agent-actions.dto.js';
import { Dto } from './dto.js';
import { command, fromCompany, message, gatewayOnly, owed, resultOf } from './queue-contract.js';
import { IsId } from './rules.js';

@Dto({ ignoresOthers: true })
class SetRecipientStatus extends SetActionStatus {
  @IsId() notificationId: string;
  @IsId() userId: string;
}

/** The queue `agent-actions`. `record` is open to internal services; only gateways may enqueue the others. */
export const agentActions = {
  queue: 'agent-actions',
  jobs: {
    record: message(RecordAction),
    owed,
    'set-status': gatewayOnly(command(fromCompany(SetRecipientStatus), resultOf(ActionRecipient))),
  },
};
