import { FeedItem, IsLogin, SendMessage, SetMessageStatus, Updated } from './delivery.dto.js';
import { Dto } from './dto.js';
import { command, fromCompany, message, gatewayOnly, owed, resultOf } from './queue-contract.js';
import { IsId } from './rules.js';

@Dto({ ignoresOthers: true })
class ReadAll {
  @IsLogin() login: string;
}

@Dto({ ignoresOthers: true })
class SetStatus extends SetMessageStatus {
  @IsLogin() login: string;
  @IsId() messageId: string;
}

/** The queue `delivery`. `deliver` is open to internal services; only gateways may enqueue the others. */
export const delivery = {
  queue: 'delivery',
  jobs: {
    deliver: message(SendMessage),
    owed,
    'set-status': gatewayOnly(command(fromCompany(SetStatus), resultOf(FeedItem))),
    'read-all': gatewayOnly(command(fromCompany(ReadAll), resultOf(Updated))),
  },
};
