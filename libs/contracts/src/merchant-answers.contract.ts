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
import { line, uuid } from './text.js';

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

/** A conversation as the system that owns it tells of it. The latest `updated_at` wins. */
const Conversation = z.strictObject({
  id,
  merchant_id: id,
  lead_phone: line(100).nullish(),
  lead_name: line(200).nullish(),
  updated_at: z.iso
    .datetime({ offset: true, local: true, error: 'must be an ISO 8601 time' })
    // A time without a zone is UTC; its microseconds stay, so that two changes within a millisecond keep their order.
    .transform((time) => (/(Z|[+-]\d{2}:?\d{2})$/i.test(time) ? time : `${time}Z`)),
});

const Upsert = z.object({ v: version, correlationId: uuid(), body: Conversation });

/** What the routes answer with (merchant-answers document, "Response"). */
const Done = z.object({ message: z.string() });
export type Done = z.output<typeof Done>;

const command = <Data extends z.output<typeof Command>>(data: z.ZodType<Data>): JobContract<Data, Answered<Done>> => ({
  ...request(data, answered(Done)),
  keep: kept,
});

/** The queue `merchant-answers`. All but `owed` is open to internal services (contract, Jobs). */
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
 * What is wrong with a request or an answer. The document gives it status 500; the name says that it is the client's
 * mistake, and a gateway may be set to answer 422.
 */
export const invalidAnswer = (message: string) => new Refusal({ status: 500, error: 'ValidationError', message });
