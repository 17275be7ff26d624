import { IsBoolean, IsDateString, IsInt, IsOptional, IsString } from 'class-validator';
import { Dto } from './dto.js';
import type { JsonObject } from './json-object.js';
import { IsSeconds } from './question-end.js';
import {
  Described,
  IsAnyJson,
  IsMoment,
  IsNumericId,
  IsOneOf,
  IsRecord,
  IsWrittenTime,
  MayBeNull,
  Nested,
  ofText,
  rule,
  textRule,
} from './rules.js';
import { faultOfText, isVisible, storedText } from './text.js';

/** A text of the lead. A text without visible characters counts as absent, because other systems write blanks. */
const IsLeadText = (max: number) =>
  textRule('isLeadText', (text) => faultOfText(text, max, false), {
    normalise: ofText((text) => (isVisible(text) ? storedText(text, max) : null)),
  });

/**
 * A conversation, reported by the system that owns it. The latest `updated_at` wins; of equal ones, the last to arrive.
 */
@Dto()
export class Conversation {
  @IsNumericId() id: number;
  @IsNumericId() merchant_id: number;
  @IsOptional() @IsLeadText(100) lead_phone?: string | null;
  @IsOptional() @IsLeadText(200) lead_name?: string | null;

  /** Kept as written, because another spelling would make a repeated job look different. */
  @IsWrittenTime() updated_at: string;
}

/** Body of `POST …/request`. The worker checks it against the notification's type. */
@Dto({
  name: 'RequestNotification',
  unchecked: true,
  examples: [
    {
      notification_type: 'user_question_request',
      conversation_id: 456,
      context: { question: 'Do you ship internationally?' },
    },
    {
      notification_type: 'user_support_request',
      conversation_id: 789,
      context: { support_request_reason: 'Product damaged on arrival, need refund' },
    },
    {
      notification_type: 'user_question_request',
      conversation_id: 456,
      context: { question: 'Is the store open today?' },
      expires_at: '2026-12-24T18:00:00.000Z',
      remind_before: 3600,
    },
  ],
})
export class RequestNotification implements JsonObject {
  [field: string]: unknown;

  @IsString() notification_type: unknown;
  @IsNumericId() conversation_id: unknown;
  @IsRecord('string', 'number', 'boolean') context: unknown;

  @IsOptional()
  @IsMoment()
  @Described('When the question ends unanswered; by default as its type says, or never')
  expires_at?: unknown;

  @IsOptional()
  @IsSeconds()
  @Described('Seconds before that end at which the asking system is reminded; by default as the type says')
  remind_before?: unknown;
}

/** The fields of a request that say when its question ends; its other fields have rules of their own. */
@Dto({ ignoresOthers: true })
export class QuestionEnd {
  @IsOptional() @IsMoment() expires_at?: string | null;
  @IsOptional() @IsSeconds() remind_before?: number | null;
}

/** Body of `POST …/answer`. The worker checks it against the notification. */
@Dto({
  name: 'AnswerNotification',
  description: 'Each of the `answered_fields` of the notification',
  unchecked: true,
  valuesAre: 'string',
  examples: [
    { answer: 'We are open Mon-Fri 9am-5pm EST' },
    {
      agent_response_to_customer: "Please send your order number and we'll process the refund",
      resolution_notes: 'Customer eligible for full refund, item damaged',
    },
  ],
})
export class AnswerNotification implements JsonObject {
  [field: string]: unknown;
}

/** The states of a notification that a list may show; a dismissed one is gone. */
export const NOTIFICATION_STATES = ['requested', 'answered', 'expired'] as const;

/** A notification for merchants; its context includes the conversation's lead. */
@Dto({
  name: 'NotificationItem',
  examples: [
    {
      id: 123,
      notification_type: 'user_question_request',
      status: 'requested',
      created_at: '2025-10-28T10:30:00.000Z',
      updated_at: '2025-10-28T10:30:00.000Z',
      conversation_id: 456,
      context: { question: 'What are your business hours?', document_id: 789, lead_phone: '+1234567890' },
      requested_fields: ['question'],
      answered_fields: ['answer'],
    },
  ],
})
export class NotificationItem {
  @IsNumericId() id: number;
  @IsString() notification_type: string;
  @IsOneOf(NOTIFICATION_STATES) status: (typeof NOTIFICATION_STATES)[number];
  @IsDateString() created_at: string;
  @IsDateString() updated_at: string;
  @IsNumericId() conversation_id: number;
  @IsAnyJson() @Described('What was asked, and what helps to answer it') context: JsonObject;
  @IsString({ each: true }) requested_fields: string[];
  @IsString({ each: true }) @Described('What the answer must hold') answered_fields: string[];
}

/** The conversation of a notification, with its lead. */
@Dto()
export class NotificationConversation {
  @IsNumericId() id: number;
  @MayBeNull() @IsString() lead_phone: string | null;
  @MayBeNull() @IsString() lead_name: string | null;
}

/** A notification with all that a form for its answer needs, and the answer once there is one. */
@Dto({
  name: 'NotificationDetails',
  examples: [
    {
      id: 123,
      notification_type: 'user_question_request',
      status: 'answered',
      created_at: '2025-10-28T10:30:00.000Z',
      updated_at: '2025-10-28T10:45:00.000Z',
      conversation_id: 456,
      context: { question: 'What are your business hours?', document_id: 789, lead_phone: '+1234567890' },
      requested_fields: ['question'],
      answered_fields: ['answer'],
      answer_schema: {
        type: 'object',
        properties: { answer: { type: 'string', minLength: 1, maxLength: 10_000 } },
        required: ['answer'],
        additionalProperties: false,
      },
      allow_multiple_answers: false,
      expires_at: null,
      conversation: { id: 456, lead_phone: '+1234567890', lead_name: null },
      answer: { answer: 'We are open Mon-Fri 9am-5pm EST' },
      answered_at: '2025-10-28T10:45:00.000Z',
    },
  ],
})
export class NotificationDetails extends NotificationItem {
  @IsAnyJson() @Described('JSON Schema of the answer') answer_schema: JsonObject;
  @IsBoolean() allow_multiple_answers: boolean;
  @MayBeNull() @IsDateString() @Described('Null for a question without an end') expires_at: string | null;
  @Nested(() => NotificationConversation) conversation: NotificationConversation;
  @MayBeNull() @IsRecord('string') @Described('The latest answer') answer: Record<string, string> | null;
  @MayBeNull() @IsDateString() answered_at: string | null;
}

const AreCountsByType = () =>
  rule('areCountsByType', () => undefined, {
    schema: {
      type: 'object',
      additionalProperties: { type: 'object', additionalProperties: { type: 'integer' } },
    },
  });

/** Number of a merchant's notifications; `by_type` has the types that occur. */
@Dto({
  name: 'NotificationCounts',
  examples: [
    {
      total: 8,
      by_status: { requested: 3, answered: 5 },
      by_type: {
        user_question_request: { requested: 2, answered: 5 },
        user_support_request: { requested: 1, answered: 0 },
      },
    },
  ],
})
export class NotificationCounts {
  @IsInt() total: number;
  @IsRecord('integer') by_status: Record<string, number>;
  @AreCountsByType() @Described('The same for each type') by_type: Record<string, Record<string, number>>;
}

/** Response of the routes (contracts README, "Merchant answer routes"). */
@Dto({ name: 'Done' })
export class Done {
  @IsString() message: string;
}
