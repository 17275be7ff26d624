import { v5 } from 'uuid';
import { z } from 'zod';
import { anyJsonObject } from './json-object.js';
import {
  type Answered,
  answered,
  event,
  type JobContract,
  type Kept,
  owed,
  request,
  version,
} from './queue-contract.js';
import { Refusal } from './refusal.js';
import { isVisible, line, uuid } from './text.js';
import { writtenTime } from './timestamp.js';

/** Ids of merchants, conversations and notifications: whole numbers that JSON carries exactly. */
const id = z.int().positive();

/** Namespace of the ids that this slice makes of names. */
const MERCHANT_ANSWERS = '0a0f6a4e-51c1-5f0b-9a53-4c2f6b8f6d21';

/** A merchant as a tenant of the outbox and the dead letters, where companies stand with their ids. */
export const merchantTenant = (merchantId: number): string => v5(`merchant ${merchantId}`, MERCHANT_ANSWERS);

/** The same answer has the same event, however often it is published: consumers deduplicate by this id. */
export const answeredEventId = (correlationId: string): string => v5(`answered ${correlationId}`, MERCHANT_ANSWERS);

/** What an outbox row keeps of a merchant's job: the job's data without its correlationId, which is the row's id. */
function kept(data: { merchantId: number; notificationId?: number; body?: unknown }): Kept {
  const { merchantId, notificationId, body } = data;
  return { companyId: merchantTenant(merchantId), body: { merchantId, notificationId, body } };
}

/** Bodies are exactly the REST bodies; what they must hold depends on the notification, so the worker checks it. */
const Command = z.object({ v: version, correlationId: uuid(), merchantId: id });
const Request = Command.extend({ body: anyJsonObject() });
const Answer = Command.extend({ notificationId: id, body: anyJsonObject() });
const Delete = Command.extend({ notificationId: id });

/** A text of the lead, absent when there is nothing to see in it: other systems write a blank for what they lack. */
const lead = (maxCodePoints: number) =>
  z.preprocess((value) => (isBlank(value) ? null : value), line(maxCodePoints).nullish());
const isBlank = (value: unknown) => typeof value === 'string' && !isVisible(value);

/** A conversation as the system that owns it tells of it. The latest `updated_at` wins; of equal ones, the later to come. */
const Conversation = z.strictObject({
  id,
  merchant_id: id,
  lead_phone: lead(100),
  lead_name: lead(200),
  // As it was written: another spelling would make a repeated job look like one of other content.
  updated_at: writtenTime(),
});

const Upsert = z.object({ v: version, correlationId: uuid(), body: Conversation });

const NOTIFICATION_STATES = ['requested', 'answered'] as const;

/** A notification as merchants see it; the conversation's lead completes its context. */
export const NotificationItem = z
  .object({
    id,
    notification_type: z.string(),
    status: z.enum(NOTIFICATION_STATES),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    conversation_id: id,
    context: anyJsonObject().describe('What was asked, and what helps to answer it'),
    requested_fields: z.array(z.string()),
    answered_fields: z.array(z.string()).describe('What the answer must hold'),
  })
  .meta({
    id: 'NotificationItem',
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
  });
export type NotificationItem = z.output<typeof NotificationItem>;

/**
 * Bodies of the two routes, for who writes clients: what they must hold depends on the type and on the notification, so
 * that only the worker can tell.
 */
export const RequestNotification = z
  .object({
    notification_type: z.string(),
    conversation_id: id,
    context: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  })
  .meta({
    id: 'RequestNotification',
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
    ],
  });
export const AnswerNotification = z.record(z.string(), z.string()).meta({
  id: 'AnswerNotification',
  description: 'Each of the `answered_fields` of the notification',
  examples: [
    { answer: 'We are open Mon-Fri 9am-5pm EST' },
    {
      agent_response_to_customer: "Please send your order number and we'll process the refund",
      resolution_notes: 'Customer eligible for full refund, item damaged',
    },
  ],
});

/** What the routes answer with (contracts README, "Merchant answer routes"). */
export const Done = z.object({ message: z.string() }).meta({ id: 'Done' });
export type Done = z.output<typeof Done>;

const command = <Data extends z.output<typeof Command>>(data: z.ZodType<Data>): JobContract<Data, Answered<Done>> => ({
  ...request(data, answered(Done)),
  keep: kept,
});

/** The queue `merchant-answers`. All but `owed` is open to internal services (contracts README, "Jobs"). */
export const merchantAnswers = {
  queue: 'merchant-answers',
  jobs: {
    request: command(Request),
    answer: command(Answer),
    delete: command(Delete),
    'conversation.upsert': {
      ...event(Upsert),
      keep: ({ body }: z.output<typeof Upsert>): Kept => ({
        companyId: merchantTenant(body.merchant_id),
        body: { body },
      }),
    },
    owed,
  },
};

/** What the asker gets once a merchant has answered; the answer belongs to the question beside it. */
export const AnsweredEvent = z.object({
  v: version,
  /** The event's own id: the same when it comes twice. */
  id: uuid(),
  /** Of the answer. */
  correlationId: uuid(),
  answered_at: z.iso.datetime(),
  merchant_id: id,
  conversation: z.object({ id, lead_phone: z.string().nullable(), lead_name: z.string().nullable() }),
  notification: z.object({
    id,
    /** Of the request that made the notification. */
    correlationId: uuid(),
    notification_type: z.string(),
    created_at: z.iso.datetime(),
  }),
  /** The notification's context: what was asked. */
  question: anyJsonObject(),
  answer: z.record(z.string(), z.string()),
});
export type AnsweredEvent = z.output<typeof AnsweredEvent>;

/** The queue `merchant-answers.answered`: Herald produces, the system that owns the conversations consumes. */
export const merchantAnswered = {
  queue: 'merchant-answers.answered',
  jobs: { answered: { ...event(AnsweredEvent), attempts: 10 } },
};

/**
 * What is wrong with a request or an answer. It has status 500; the name says that it is the client's
 * mistake, and a gateway may be set to answer 422 (contracts README, "Refusals of merchant answers").
 */
export const invalidAnswer = (message: string) => new Refusal({ status: 500, error: 'ValidationError', message });
