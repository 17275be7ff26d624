import {
  FeedItem,
  IsLogin,
  MarkAll,
  MarkedMessages,
  SendMessage,
  SetMessageStatus,
  SetMessageStatuses,
  Updated,
} from './delivery.dto.js';
import { Dto } from './dto.js';
import { command, fromCompany, message, gatewayOnly, owed, resultOf } from './queue-contract.js';
import { IsId, IsOneOf } from './rules.js';

@Dto({ ignoresOthers: true })
class ReadAll {
  @IsLogin() login: string;
}

@Dto({ ignoresOthers: true })
class SetStatus extends SetMessageStatus {
  @IsLogin() login: string;
  @IsId() messageId: string;
}

@Dto({ ignoresOthers: true })
class SetStatuses extends SetMessageStatuses {
  @IsLogin() login: string;
}

/** Marks that a whole feed may get. */
const MARKS = ['read', 'archived', 'seen'] as const;
export type Mark = (typeof MARKS)[number];

@Dto({ ignoresOthers: true })
class MarkEverything extends MarkAll {
  @IsLogin() login: string;
  @IsOneOf(MARKS) mark: Mark;
}

/** The queue `delivery`. `deliver` is open to internal services; only gateways may enqueue the others. */
export const delivery = {
  queue: 'delivery',
  jobs: {
    deliver: message(SendMessage),
    owed,
    'set-status': gatewayOnly(command(fromCompany(SetStatus), resultOf(FeedItem))),
    'set-statuses': gatewayOnly(command(fromCompany(SetStatuses), resultOf(MarkedMessages))),
    'read-all': gatewayOnly(command(fromCompany(ReadAll), resultOf(Updated))),
    'mark-all': gatewayOnly(command(fromCompany(MarkEverything), resultOf(Updated))),
  },
};
