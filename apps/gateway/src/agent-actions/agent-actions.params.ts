import { Described, Dto, IsId, IsOneOf, MayBeAbsent, PRIORITIES, READ_STATES } from '@herald/contracts';
import { applyDecorators } from '@nestjs/common';
import { IsString } from 'class-validator';
import {
  type Cursor,
  IsCursor,
  IsNotAfter,
  IsRangeEnd,
  IsRangeStart,
  IsWholeNumber,
  IsWord,
} from '../validation/query-fields.js';
import { StreamParams } from '../live/stream.params.js';
import { AbsentUnlessIds, NamesParameter } from '../validation/validation.js';

export const NOT_FOUND = 'Notification not found';

export const MAX_SKIP = 999_999_999;

export const IsType = () => IsFilter('A type that the API lists, or one that the company uses');
export const IsFilter = (description: string) => applyDecorators(MayBeAbsent(), IsWord(), Described(description));
export const IsFrom = () =>
  applyDecorators(
    MayBeAbsent(),
    IsNotAfter('end_date'),
    IsRangeStart(),
    Described('Only what was created at or after this'),
  );
export const IsUntil = () =>
  applyDecorators(
    MayBeAbsent(),
    IsRangeEnd(),
    Described('Only what was created at or before this; a date alone: until its end'),
  );

/** The parameters that both lists share (contracts README, "Listing notifications"). */
@Dto({ ignoresOthers: true })
class PageParams {
  @IsWholeNumber(0, MAX_SKIP) @Described('Number of notifications to skip') skip = 0;
  @IsWholeNumber(1, 100) @Described('Maximum number of notifications to return') limit = 50;
  @MayBeAbsent() @IsCursor() cursor?: Cursor;
  @IsType() notification_type?: string;
  @MayBeAbsent() @IsOneOf(PRIORITIES) priority?: string;
}

@Dto({ ignoresOthers: true })
@NamesParameter()
export class ListParams extends PageParams {
  @IsFrom() start_date?: Date;
  @IsUntil() end_date?: Date;
  @MayBeAbsent() @IsOneOf(READ_STATES) status?: string;
  @IsFilter('Only what this agent did') agent_id?: string;
  @IsFilter('Only what was done for this customer support query') query_id?: string;
  @IsFilter('Only what this user sent') sender_id?: string;
}

/** The filters of the list, for a stream (contracts README, "Streams"). */
@Dto({ ignoresOthers: true })
@NamesParameter()
export class ActionsStreamParams extends StreamParams {
  @IsType() notification_type?: string;
  @MayBeAbsent() @IsOneOf(PRIORITIES) priority?: string;
  @MayBeAbsent() @IsOneOf(READ_STATES) status?: string;
  @IsFilter('Only what this agent did') agent_id?: string;
  @IsFilter('Only what was done for this customer support query') query_id?: string;
  @IsFilter('Only what this user sent') sender_id?: string;
}

@Dto({ ignoresOthers: true })
@NamesParameter()
export class UserParams extends PageParams {
  @MayBeAbsent() @IsOneOf(READ_STATES) @Described("The user's own read status") status?: string;
}

@Dto({ ignoresOthers: true })
@NamesParameter()
export class StatsParams {
  @IsType() notification_type?: string;
  @MayBeAbsent() @IsOneOf(PRIORITIES) priority?: string;
  @IsFrom() start_date?: Date;
  @IsUntil() end_date?: Date;
  @IsFilter('Only what this agent did') agent_id?: string;
  @IsFilter('Only what this user received, by their own read status') user_id?: string;
}

@Dto()
@AbsentUnlessIds(NOT_FOUND)
export class NotificationId {
  @IsId() notification_id: string;
}

@Dto()
@AbsentUnlessIds(NOT_FOUND)
export class RecipientIds extends NotificationId {
  @IsId() user_id: string;
}

@Dto()
export class UserId {
  @IsString() @Described('A user whom nobody knows has received nothing') user_id: string;
}
