import {
  Described,
  Dto,
  IsId,
  IsOneOf,
  MayBeAbsent,
  MESSAGE_STATES,
  type MessageState,
  type Tab,
  TABS,
} from '@herald/contracts';
import { type Cursor, IsCursor, IsWholeNumber } from '../validation/query-fields.js';
import { AbsentUnlessIds } from '../validation/validation.js';

export const NOT_FOUND = 'Message not found';

const BOXES = ['all', 'received', 'sent'] as const;

/** The parameters of a feed (contracts README, "Reading a feed"). */
@Dto({ ignoresOthers: true })
export class FeedParams {
  @IsOneOf(BOXES) @Described('What the person received, what they wrote, or both') box: (typeof BOXES)[number] = 'all';
  @IsOneOf(TABS) tab: Tab = 'all';
  @MayBeAbsent() @IsOneOf(MESSAGE_STATES) status?: MessageState;
  @IsWholeNumber(1, 100) @Described('How many messages to give at most') limit = 50;
  @MayBeAbsent() @IsCursor() cursor?: Cursor;
}

@Dto()
@AbsentUnlessIds(NOT_FOUND)
export class MessageId {
  @IsId() @Described("The message's correlationId") id: string;
}

@Dto()
@AbsentUnlessIds(NOT_FOUND)
export class CorrelationId {
  @IsId() correlationId: string;
}
