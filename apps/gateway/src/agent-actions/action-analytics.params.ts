import { Described, Dto, GROUPS, INTERVALS, IsOneOf, MayBeAbsent } from '@herald/contracts';
import { IsString } from 'class-validator';
import { type Cursor, IsCursor, IsWholeNumber } from '../validation/query-fields.js';
import { NamesParameter } from '../validation/validation.js';
import { IsFilter, IsFrom, IsType, IsUntil, MAX_SKIP, StatsParams } from './agent-actions.params.js';

@Dto({ ignoresOthers: true })
@NamesParameter()
export class TimelineParams extends StatsParams {
  @IsOneOf(INTERVALS) @Described('The length of a bucket') interval: (typeof INTERVALS)[number] = 'day';
  @IsOneOf(GROUPS) @Described('What has a series of its own') group_by: (typeof GROUPS)[number] = 'none';
  @IsWholeNumber(1, 50) @Described('Maximum number of series; the rest is summed up as `other`') limit = 10;
}

/** The parameters of agents and tools (contracts README, "Agents and tools"). */
@Dto({ ignoresOthers: true })
@NamesParameter()
export class UsesParams {
  @IsType() notification_type?: string;
  @IsFrom() start_date?: Date;
  @IsUntil() end_date?: Date;
  @IsFilter('Only what this agent did') agent_id?: string;
  @IsWholeNumber(1, 100) @Described('Maximum number to return, those with the most actions first') limit = 50;
}

@Dto()
export class QueryId {
  @IsString() @Described('A customer support query') query_id: string;
}

@Dto({ ignoresOthers: true })
@NamesParameter()
export class StoryParams {
  @IsWholeNumber(0, MAX_SKIP) @Described('Number of actions to skip') skip = 0;
  @IsWholeNumber(1, 100) @Described('Maximum number of actions to return') limit = 50;
  @MayBeAbsent() @IsCursor() cursor?: Cursor;
}
