import { IsDateString, IsInt, IsOptional, IsString } from 'class-validator';
import { SAMPLE } from './agent-actions.sample.js';
import { Dto } from './dto.js';
import type { JsonObject } from './json-object.js';
import { IsActionMetadata } from './metadata.rule.js';
import {
  Described,
  HasAtMost,
  IsBoundedJson,
  IsEmailAddress,
  IsHttpsUrl,
  IsId,
  IsLine,
  IsMoment,
  IsName,
  IsOneOf,
  IsRecord,
  IsText,
  MayBeNull,
  Nested,
  NestedList,
  rule,
} from './rules.js';

/** The documented types. Writers may use others (contracts README, "Notification types and priorities"). */
export const ACTION_TYPES = [
  'agent_action',
  'email_sent',
  'slack_message',
  'api_call',
  'tool_usage',
  'system',
] as const;
export const PRIORITIES = ['low', 'medium', 'high', 'urgent'] as const;
export const READ_STATES = ['unread', 'read', 'archived'] as const;

type Priority = (typeof PRIORITIES)[number];
type ReadState = (typeof READ_STATES)[number];

/** A person of the company's directory in a message. Absent fields leave the directory unchanged. */
@Dto()
class Person {
  @IsId() id: string;
  @IsOptional() @IsEmailAddress(320) email?: string | null;
  @IsOptional() @IsLine(200) name?: string | null;
}

const NamesNobodyTwice = () =>
  rule('namesNobodyTwice', (people) => {
    const ids = (Array.isArray(people) ? people : []).flatMap((person) => (person instanceof Person ? person.id : []));
    return new Set(ids).size === ids.length ? undefined : 'must not name a user twice';
  });

/** Body of `POST /team-notifications` and of the job `record` (contracts README, "Recording an action"). */
@Dto({
  name: 'RecordAction',
  examples: [
    {
      notification_type: 'email_sent',
      title: 'Agent sent email to customer',
      message: 'Support Agent sent follow-up email to customer regarding billing inquiry #12345',
      metadata: { agent_id: '123e4567-e89b-12d3-a456-426614174008', tool_used: 'email_tool' },
      recipients: [{ id: '123e4567-e89b-12d3-a456-426614174004', email: 'user@example.com', name: 'John Doe' }],
    },
  ],
})
export class RecordAction {
  @IsName('must be 1 to 50 lower-case letters, digits or _, a letter first') notification_type: string;
  @IsLine(200) title: string;
  @IsText(2000) message: string;
  @IsOptional() @IsOneOf(PRIORITIES) priority?: Priority | null;

  @IsOptional()
  @IsActionMetadata()
  @Described('agent_id, query_id, tool_used and anything else')
  metadata?: JsonObject | null;

  @IsOptional() @IsHttpsUrl(2048) @Described('Stored, never fetched') action_url?: string | null;
  @IsOptional() @IsMoment() expires_at?: string | null;
  @IsOptional() @IsId() @Described('sender.id unless given') sender_id?: string | null;
  @IsOptional() @Nested(() => Person) sender?: Person | null;

  // Decorators are applied from last to first, so the last rule is checked first.
  @IsOptional() @NamesNobodyTwice() @HasAtMost(100) @NestedList(() => Person) recipients?: Person[] | null;
}

/** A person of the directory; unknown fields are null. */
@Dto({ name: 'KnownPerson' })
class KnownPerson {
  @IsId() id: string;
  @MayBeNull() @IsString() email: string | null;
  @MayBeNull() @IsString() name: string | null;
}

/** A recipient of a notification; times are ISO 8601 in UTC. */
@Dto({ name: 'ActionRecipient' })
export class ActionRecipient {
  @IsId() id: string;
  @IsId() notification_id: string;
  @IsId() user_id: string;
  @IsOneOf(READ_STATES) status: ReadState;
  @MayBeNull() @IsDateString() read_at: string | null;
  @Nested(() => KnownPerson) user: KnownPerson;
}

/** An agent's action in a list; `id` is the correlationId (contracts README, "The notification"). */
@Dto({ name: 'ActionItem', examples: [SAMPLE] })
export class ActionItem {
  @IsId() id: string;
  @IsId() company_id: string;
  @MayBeNull() @IsId() sender_id: string | null;
  @IsString() notification_type: string;
  @IsOneOf(PRIORITIES) priority: Priority;

  @IsOneOf(READ_STATES)
  @Described('Derived from the recipients; under /users/{user_id} that of the user')
  status: ReadState;

  @IsString() title: string;
  @IsString() message: string;
  @IsBoundedJson() metadata: JsonObject;
  @MayBeNull() @IsString() action_url: string | null;
  @MayBeNull() @IsDateString() expires_at: string | null;
  @IsDateString() created_at: string;
  @IsDateString() updated_at: string;
  @IsOptional() @IsDateString() @Described('Under /users/{user_id} only') read_at?: string | null;
  @MayBeNull() @Nested(() => KnownPerson) sender: KnownPerson | null;
  @NestedList(() => ActionRecipient) recipients: ActionRecipient[];
}

/** Response of the two lists; `next_cursor` is null on the last page. */
@Dto({ name: 'ActionList', examples: [{ data: [SAMPLE], total: 25, skip: 0, limit: 10, next_cursor: null }] })
export class ActionList {
  @NestedList(() => ActionItem) data: ActionItem[];
  @IsInt() total: number;
  @IsInt() skip: number;
  @IsInt() limit: number;
  @MayBeNull() @IsString() next_cursor: string | null;
}

@Dto()
export class CountsByPriority {
  @IsInt() low: number;
  @IsInt() medium: number;
  @IsInt() high: number;
  @IsInt() urgent: number;
}

/** Response of `/stats`: `by_type` has the types that occur, `by_priority` all four. */
@Dto({
  name: 'ActionStats',
  examples: [
    {
      total_notifications: 150,
      unread_count: 25,
      read_count: 100,
      archived_count: 25,
      by_type: { system: 50, user: 30, agent: 40, deployment: 20, billing: 5, security: 5 },
      by_priority: { low: 60, medium: 70, high: 15, urgent: 5 },
    },
  ],
})
export class ActionStats {
  @IsInt() total_notifications: number;
  @IsInt() unread_count: number;
  @IsInt() read_count: number;
  @IsInt() archived_count: number;
  @IsRecord('integer') by_type: Record<string, number>;
  @Nested(() => CountsByPriority) by_priority: CountsByPriority;
}

@Dto({ name: 'SetActionStatus', examples: [{ status: 'read' }] })
export class SetActionStatus {
  @IsOneOf(READ_STATES) status: ReadState;
}
