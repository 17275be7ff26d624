import { z } from 'zod';
import { jsonObject } from './json-object.js';
import { ErrorEnvelope, RefusedMessage } from './error-envelope.js';
import { Accepted, answered, fromCompany, message, ofGateway, owed, request } from './queue-contract.js';
import { line, text, uuid } from './text.js';

/** A login of the client's platform: case-sensitive, need not be known to Herald. */
const login = line(100);

/** Body of `POST /v1/feed/ai` and of the job `deliver` (contracts README, "Sending a message"). */
export const SendMessage = z
  .strictObject({
    message: z.strictObject({
      title: line(30).describe('1 to 30 characters'),
      body: text(280).describe('1 to 280 characters'),
      authorLogin: login.describe('Who sends the message'),
      recipientLogin: login.describe('Who receives it'),
      question: text(280).nullish().describe('What is asked when the recipient clicks the notification'),
    }),
    metadata: jsonObject().nullish().describe('Anything else, e.g. a campaign name or tags'),
  })
  .meta({
    id: 'SendMessage',
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
  });
export type SendMessage = z.output<typeof SendMessage>;

export const MessageStatus = z.enum(['unread', 'read', 'archived']);

/** A message as people see it in their feed; `id` is the correlationId, times are ISO 8601 in UTC. */
export const FeedItem = z
  .object({
    id: uuid(),
    tab: z.literal('ai'),
    title: z.string(),
    body: z.string(),
    authorLogin: z.string(),
    recipientLogin: z.string(),
    question: z.string().nullable(),
    metadata: jsonObject(),
    status: MessageStatus,
    readAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    deliveredAt: z.iso.datetime(),
  })
  .meta({ id: 'FeedItem' });
export type FeedItem = z.output<typeof FeedItem>;

export const SetMessageStatus = z
  .strictObject({ status: MessageStatus })
  .meta({ id: 'SetMessageStatus', examples: [{ status: 'read' }] });

/** Body of `POST /v1/feed/ai/batch`. */
export const SendMessages = z
  .strictObject({ messages: z.array(SendMessage).min(1).max(1000).describe('1 to 1,000; each is judged by itself') })
  .meta({ id: 'SendMessages' });

/** Answer to a batch: what became of each message, in order. */
export const BatchResults = z
  .object({ results: z.array(z.union([Accepted, RefusedMessage])) })
  .meta({ id: 'BatchResults' });
export type BatchResults = z.output<typeof BatchResults>;

/** Refusal of a batch that has no good message: the envelope, and what is wrong with each, in order. */
export const RefusedBatch = ErrorEnvelope.extend({ results: z.array(RefusedMessage) }).meta({ id: 'RefusedBatch' });

/** A page of a feed; `nextCursor` is null on the last one. */
export const FeedPage = z
  .object({ data: z.array(FeedItem), nextCursor: z.string().nullable() })
  .meta({ id: 'FeedPage' });

/** How many of the messages that a person received are unread, in all and by tab. */
export const UnreadCount = z.object({ unread: z.int(), byTab: z.object({ ai: z.int() }) }).meta({ id: 'UnreadCount' });
export type UnreadCount = z.output<typeof UnreadCount>;

/** How many messages a change was made to. */
export const Updated = z.object({ updated: z.int() }).meta({ id: 'Updated' });

/** The way of a message; its steps in order (contracts README, "Following a message"). */
export const MessageTrace = z
  .object({
    correlationId: uuid(),
    queue: z.string(),
    state: z.enum(['accepted', 'queued', 'active', 'delivered', 'given_up']),
    steps: z.array(
      z.object({
        step: z.enum(['accepted', 'queued', 'attempt', 'delivered', 'given_up', 'replayed']),
        at: z.iso.datetime(),
        attempt: z.int().optional().describe('1 for the first'),
        detail: z.string().optional().describe('What went wrong'),
      }),
    ),
  })
  .meta({ id: 'MessageTrace' });
export type MessageTrace = z.output<typeof MessageTrace>;

/** The queue `delivery`. `deliver` is open to internal services; the others are the gateway's own. */
export const delivery = {
  queue: 'delivery',
  jobs: {
    deliver: message(SendMessage),
    owed,
    'set-status': ofGateway(
      request(fromCompany(z.object({ login, messageId: uuid(), status: MessageStatus })), answered(FeedItem)),
    ),
    'read-all': ofGateway(request(fromCompany(z.object({ login })), answered(Updated))),
  },
};
