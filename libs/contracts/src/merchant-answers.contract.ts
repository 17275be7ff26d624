import { IsDateString, IsString } from 'class-validator';
import { v5 } from 'uuid';
import { Dto, type DtoClass } from './dto.js';
import type { JsonObject } from './json-object.js';
import { AnswerNotification, Conversation, Done, RequestNotification } from './merchant-answers.dto.js';
import {
  type Answered,
  answered,
  event,
  type JobContract,
  type Kept,
  NamedJob,
  owed,
  request,
} from './queue-contract.js';
import { Refusal } from './refusal.js';
import { IsAnyJson, IsId, IsNumericId, IsRecord, MayBeNull, Nested } from './rules.js';

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

@Dto({ ignoresOthers: true })
class MerchantsJob extends NamedJob {
  @IsNumericId() merchantId: number;
}

@Dto({ ignoresOthers: true })
class RequestJob extends MerchantsJob {
  @Nested(() => RequestNotification) body: RequestNotification;
}

@Dto({ ignoresOthers: true })
class DeleteJob extends MerchantsJob {
  @IsNumericId() notificationId: number;
}

@Dto({ ignoresOthers: true })
class AnswerJob extends DeleteJob {
  @Nested(() => AnswerNotification) body: AnswerNotification;
}

@Dto({ ignoresOthers: true })
class ConversationJob extends NamedJob {
  @Nested(() => Conversation) body: Conversation;
}

const command = <Data extends MerchantsJob>(data: DtoClass<Data>): JobContract<Data, Answered<Done>> => ({
  ...request(data, answered(Done)),
  keep: kept,
});

/** The queue `merchant-answers`. All but `owed` is open to internal services (contracts README, "Jobs"). */
export const merchantAnswers = {
  queue: 'merchant-answers',
  jobs: {
    request: command(RequestJob),
    answer: command(AnswerJob),
    delete: command(DeleteJob),
    'conversation.upsert': {
      ...event(ConversationJob),
      keep: ({ body }: ConversationJob): Kept => ({
        companyId: merchantTenant(body.merchant_id),
        body: { body },
      }),
    },
    owed,
  },
};

@Dto()
class AnsweredConversation {
  @IsNumericId() id: number;
  @MayBeNull() @IsString() lead_phone: string | null;
  @MayBeNull() @IsString() lead_name: string | null;
}

@Dto()
class AnsweredNotification {
  @IsNumericId() id: number;

  /** Of the request that made the notification. */
  @IsId() correlationId: string;
  @IsString() notification_type: string;
  @IsDateString() created_at: string;
}

/** What the asker gets once a merchant has answered; the answer belongs to the question beside it. */
@Dto({ ignoresOthers: true })
export class AnsweredEvent extends NamedJob {
  /** The event's own id: the same when it comes twice. `correlationId` is that of the answer. */
  @IsId() id: string;
  @IsDateString() answered_at: string;
  @IsNumericId() merchant_id: number;
  @Nested(() => AnsweredConversation) conversation: AnsweredConversation;
  @Nested(() => AnsweredNotification) notification: AnsweredNotification;

  /** The notification's context: what was asked. */
  @IsAnyJson() question: JsonObject;
  @IsRecord('string') answer: Record<string, string>;
}

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
