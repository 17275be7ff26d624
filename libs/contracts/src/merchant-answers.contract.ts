import { IsDateString, IsOptional, IsString } from 'class-validator';
import { v5 } from 'uuid';
import { Dto, type DtoClass } from './dto.js';
import type { JsonObject } from './json-object.js';
import {
  AnswerNotification,
  Conversation,
  Done,
  NotificationConversation,
  RequestNotification,
} from './merchant-answers.dto.js';
import {
  command,
  type CommandResult,
  event,
  type JobContract,
  type Kept,
  NamedJob,
  owed,
  type QueueContract,
  resultOf,
} from './queue-contract.js';
import { Refusal } from './refusal.js';
import { IsAnyJson, IsId, IsNumericId, IsRecord, Nested } from './rules.js';

/** Namespace of the name-based UUIDs of this product. */
const MERCHANT_ANSWERS = '0a0f6a4e-51c1-5f0b-9a53-4c2f6b8f6d21';

/** Returns a merchant's tenant id, used in the outbox and the dead letters in place of a company's id. */
export const merchantTenant = (merchantId: number): string => v5(`merchant ${merchantId}`, MERCHANT_ANSWERS);

/** Returns the id of an answer's event on the old queue. */
export const answeredEventId = (correlationId: string): string => v5(`answered ${correlationId}`, MERCHANT_ANSWERS);

/**
 * Returns the parts of a merchant's job for an outbox row: its data without the correlationId, which is the row's id.
 */
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

const merchantCommand = <Data extends MerchantsJob>(data: DtoClass<Data>): JobContract<Data, CommandResult<Done>> => ({
  ...command(data, resultOf(Done)),
  keep: kept,
});

/** The queue `merchant-answers`. All but `owed` is open to internal services (contracts README, "Jobs"). */
export const merchantAnswers = {
  queue: 'merchant-answers',
  jobs: {
    request: merchantCommand(RequestJob),
    answer: merchantCommand(AnswerJob),
    delete: merchantCommand(DeleteJob),
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
class EventNotification {
  @IsNumericId() id: number;

  /** The correlationId of the request that created the notification. */
  @IsId() correlationId: string;
  @IsString() notification_type: string;
  @IsDateString() created_at: string;

  /** Absent in events of the old queue. */
  @IsOptional() @IsDateString() expires_at?: string | null;
}

/** What happened to a question. */
@Dto({ ignoresOthers: true })
class QuestionEvent extends NamedJob {
  /** The event's own id, the same if it arrives twice. `correlationId` is the question's, or the answer's. */
  @IsId() id: string;
  @IsNumericId() merchant_id: number;
  @Nested(() => NotificationConversation) conversation: NotificationConversation;
  @Nested(() => EventNotification) notification: EventNotification;

  /** The notification's context, which contains the question. */
  @IsAnyJson() question: JsonObject;
}

@Dto({ ignoresOthers: true })
class RequestedEvent extends QuestionEvent {
  @IsDateString() requested_at: string;
}

/** The event that a merchant has answered, with the question and its answer. */
@Dto({ ignoresOthers: true })
class AnsweredEvent extends QuestionEvent {
  @IsDateString() answered_at: string;
  @IsRecord('string') answer: Record<string, string>;
}

@Dto({ ignoresOthers: true })
class DismissedEvent extends QuestionEvent {
  @IsDateString() dismissed_at: string;
}

@Dto({ ignoresOthers: true })
class ExpiredEvent extends QuestionEvent {
  @IsDateString() expired_at: string;
}

@Dto({ ignoresOthers: true })
class RemindedEvent extends QuestionEvent {
  @IsDateString() reminded_at: string;
}

const toConsumers = <Data>(data: DtoClass<Data>) => ({ ...event(data), attempts: 10 });

/** The queue `merchant-answers.events`: Herald produces, the system that owns the conversations consumes. */
const merchantEvents = {
  queue: 'merchant-answers.events',
  jobs: {
    requested: toConsumers(RequestedEvent),
    answered: toConsumers(AnsweredEvent),
    dismissed: toConsumers(DismissedEvent),
    expired: toConsumers(ExpiredEvent),
    reminded: toConsumers(RemindedEvent),
  },
};

/** The queue of before there were other events than answers; it goes with the next version. */
const merchantAnswered = {
  queue: 'merchant-answers.answered',
  jobs: { answered: toConsumers(AnsweredEvent) },
};

/** The queues whose jobs are consumed by other systems (contracts README, "Events"). */
export const EVENT_QUEUES: QueueContract[] = [merchantEvents, merchantAnswered];

/**
 * The refusal of a question or an answer. It has status 500, but its name says that it is the client's mistake. A
 * gateway can be configured to respond with 422 (contracts README, "Refusals of merchant answers").
 */
export const invalidAnswer = (message: string) => new Refusal({ status: 500, error: 'ValidationError', message });
