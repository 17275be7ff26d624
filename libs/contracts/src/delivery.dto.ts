import { IsDateString, IsIn, IsInt, IsOptional, IsString } from 'class-validator';
import { Dto } from './dto.js';
import { ErrorEnvelope, RefusedMessage } from './error-envelope.js';
import type { JsonObject } from './json-object.js';
import { Accepted } from './queue-contract.js';
import {
  AreIds,
  Described,
  IsBoundedJson,
  IsId,
  IsLine,
  IsOneOf,
  IsText,
  ListOfAny,
  MayBeAbsent,
  MayBeNull,
  Nested,
  NestedList,
  rule,
} from './rules.js';

/** A login of the client's platform: case-sensitive, and possibly unknown to Herald. */
export const IsLogin = () => IsLine(100);

@Dto()
class MessageContent {
  @IsLine(30) @Described('1 to 30 characters') title: string;
  @IsText(280) @Described('1 to 280 characters') body: string;
  @IsLogin() @Described('Who sends the message') authorLogin: string;
  @IsLogin() @Described('Who receives it') recipientLogin: string;

  @IsOptional()
  @IsText(280)
  @Described('What is asked when the recipient clicks the notification')
  question?: string | null;
}

/** Body of `POST /v1/feed/ai` and of the job `deliver` (contracts README, "Sending a message"). */
@Dto({
  name: 'SendMessage',
  examples: [
    {
      message: {
        title: 'Teste',
        body: 'Conteúdo da notificação',
        authorLogin: 'admin',
        recipientLogin: 'dmurta',
        question: 'teste',
      },
      metadata: {},
    },
  ],
})
export class SendMessage {
  @Nested(() => MessageContent) message: MessageContent;

  @IsOptional()
  @IsBoundedJson()
  @Described('Anything else, e.g. a campaign name or tags')
  metadata?: JsonObject | null;
}

const MAX_MESSAGES = 1000;

const isBatch = (value: unknown) => Array.isArray(value) && value.length > 0 && value.length <= MAX_MESSAGES;

/** Checks the number of messages first. Each message is then validated by itself. */
const AreMessages = () =>
  rule('areMessages', (value) => (isBatch(value) ? undefined : 'must be a list of 1 to 1,000 messages'), {
    list: true,
    nested: () => [SendMessage],
    schema: { minItems: 1, maxItems: MAX_MESSAGES },
  });

/** Body of `POST /v1/feed/ai/batch`. */
@Dto({ name: 'SendMessages' })
export class SendMessages {
  @AreMessages() @Described('1 to 1,000; each is judged by itself') messages: unknown[];
}

/** Response to a batch: the result of each message, in order. */
@Dto({ name: 'BatchResults' })
export class BatchResults {
  @ListOfAny(() => [Accepted, RefusedMessage]) results: (Accepted | RefusedMessage)[];
}

/** Refusal of a batch without a valid message: the envelope, and the faults of each message, in order. */
@Dto({ name: 'RefusedBatch' })
export class RefusedBatch extends ErrorEnvelope {
  @NestedList(() => RefusedMessage) results: RefusedMessage[];
}

export const MESSAGE_STATES = ['unread', 'read', 'archived'] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

@Dto({ name: 'SetMessageStatus', examples: [{ status: 'read' }] })
export class SetMessageStatus {
  @IsOneOf(MESSAGE_STATES) status: MessageState;
}

const MAX_MARKED = 100;

/** Body of `PATCH /v1/feed`. */
@Dto({ name: 'SetMessageStatuses', examples: [{ ids: ['123e4567-e89b-42d3-a456-426614174000'], status: 'read' }] })
export class SetMessageStatuses extends SetMessageStatus {
  @AreIds(MAX_MARKED) @Described('1 to 100 messages; each succeeds or fails by itself') ids: string[];
}

/** Tabs of a feed. */
export const TABS = ['all', 'ai'] as const;
export type Tab = (typeof TABS)[number];

/** Body of `POST /v1/feed/read-all` and `POST /v1/feed/archive-all` (contracts README, "Marking everything"). */
@Dto({ name: 'MarkAll', optional: true, examples: [{ upTo: '123e4567-e89b-42d3-a456-426614174000', tab: 'ai' }] })
export class MarkAll {
  @IsOptional()
  @IsId()
  @Described('The last message to mark, in the order of the feed: this one and all before it')
  upTo?: string | null;

  @IsOptional() @IsOneOf(TABS) tab?: Tab | null;
}

/** Body of `POST /v1/feed/seen`. */
@Dto({ name: 'MarkSeen', examples: [{ upTo: '123e4567-e89b-42d3-a456-426614174000' }] })
export class MarkSeen {
  @IsId()
  @Described('The last message that was seen, in the order of the feed: this one and all before it')
  upTo: string;
}

/** A message in a feed; `id` is the correlationId, times are ISO 8601 in UTC. */
@Dto({ name: 'FeedItem' })
export class FeedItem {
  @IsId() id: string;
  @IsIn(['ai']) tab: 'ai';
  @IsString() title: string;
  @IsString() body: string;
  @IsString() authorLogin: string;
  @IsString() recipientLogin: string;
  @MayBeNull() @IsString() question: string | null;
  @IsBoundedJson() metadata: JsonObject;
  @IsOneOf(MESSAGE_STATES) status: MessageState;
  @MayBeNull() @IsDateString() readAt: string | null;
  @MayBeNull() @IsDateString() seenAt: string | null;
  @IsDateString() createdAt: string;
  @IsDateString() deliveredAt: string;
}

/** The state of a message that was marked. */
@Dto({ name: 'MarkedMessage' })
export class MarkedMessage {
  @IsId() id: string;
  @IsOneOf(MESSAGE_STATES) status: MessageState;
  @MayBeNull() @IsDateString() readAt: string | null;
  @MayBeNull() @IsDateString() seenAt: string | null;
}

/** Response to `PATCH /v1/feed`: the result of each message, in order. */
@Dto({ name: 'MarkedMessages' })
export class MarkedMessages {
  @ListOfAny(() => [MarkedMessage, RefusedMessage]) results: (MarkedMessage | RefusedMessage)[];
}

/** A page of a feed; `nextCursor` is null on the last page. */
@Dto({ name: 'FeedPage' })
export class FeedPage {
  @NestedList(() => FeedItem) data: FeedItem[];
  @MayBeNull() @IsString() nextCursor: string | null;
}

@Dto()
class UnreadByTab {
  @IsInt() ai: number;
}

/** Number of a person's unread messages, in total and by tab, and of those that they have not seen. */
@Dto({ name: 'UnreadCount' })
export class UnreadCount {
  @IsInt() unread: number;
  @IsInt() @Described('Of the unread ones') unseen: number;
  @Nested(() => UnreadByTab) byTab: UnreadByTab;
}

/** Number of messages that were changed. */
@Dto({ name: 'Updated' })
export class Updated {
  @IsInt() updated: number;

  @MayBeAbsent()
  @IsInt()
  @Described('Only when there were too many for one request: how many are left, counted up to 100,000; repeat it')
  left?: number;
}

const STATES = ['accepted', 'queued', 'active', 'delivered', 'given_up'] as const;
const STEPS = ['accepted', 'queued', 'attempt', 'delivered', 'given_up', 'replayed'] as const;

@Dto({ ignoresOthers: true })
class TraceStep {
  @IsOneOf(STEPS) step: (typeof STEPS)[number];
  @IsDateString() at: string;
  @MayBeAbsent() @IsInt() @Described('1 for the first') attempt?: number;
  @MayBeAbsent() @IsString() @Described('What went wrong') detail?: string;
}

/** The trace of a message, with its steps in order (contracts README, "Following a message"). */
@Dto({ name: 'MessageTrace', ignoresOthers: true })
export class MessageTrace {
  @IsId() correlationId: string;
  @IsString() queue: string;
  @IsOneOf(STATES) state: (typeof STATES)[number];
  @NestedList(() => TraceStep) steps: TraceStep[];
}
