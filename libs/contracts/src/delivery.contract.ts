import { z } from 'zod';
import { jsonObject } from './json-object.js';
import { answered, fromCompany, message, owed, request } from './queue-contract.js';
import { line, text, uuid } from './text.js';

/** A login of the client's platform: case-sensitive, need not be known to Herald. */
const login = line(100);

/** Body of `POST /v1/feed/ai` and of the job `deliver` (delivery document, "Explicação dos Campos"). */
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
    example: {
      message: {
        title: 'Teste',
        body: 'Conteúdo da notificação',
        authorLogin: 'admin',
        recipientLogin: 'dmurta',
        question: 'teste',
      },
      metadata: {},
    },
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

export const SetMessageStatus = z.strictObject({ status: MessageStatus }).meta({ id: 'SetMessageStatus' });

/** The queue `delivery`. `deliver` is open to internal services; the others are Herald's own. */
export const delivery = {
  queue: 'delivery',
  jobs: {
    deliver: message(SendMessage),
    owed,
    'set-status': request(
      fromCompany(z.object({ login, messageId: uuid(), status: MessageStatus })),
      answered(FeedItem),
    ),
    'read-all': request(fromCompany(z.object({ login })), answered(z.object({ updated: z.int() }))),
  },
};
