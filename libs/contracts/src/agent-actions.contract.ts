import { z } from 'zod';
import { type JsonObject, jsonObject } from './json-object.js';
import { answered, fromCompany, message, ofGateway, owed, request } from './queue-contract.js';
import { boundedNfc, isLonger, line, text, tooLong, uuid } from './text.js';
import { timestamp } from './timestamp.js';

/** The listed types. Writers may use others like them (contracts README, "Notification types and priorities"). */
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

const Priority = z.enum(PRIORITIES);
const ReadState = z.enum(READ_STATES);

/** Longest `agent_id` and `query_id`: both are filtered on. */
const MAX_KEY_LENGTH = 200;
const MAX_RECIPIENTS = 100;
const MAX_URL_LENGTH = 2048;

/** Not `URL.canParse`: Node 20's, once it is hot, refuses what holds a Latin-1 letter. */
function isUrl(value: string): boolean {
  try {
    return Boolean(new URL(value));
  } catch {
    return false;
  }
}

function urlFaultOf(value: string): string | undefined {
  // The length first: host names are normalized when they are parsed.
  if (isLonger(value, MAX_URL_LENGTH)) return tooLong(MAX_URL_LENGTH);
  return /^https:\/\/[^\s\p{Cc}\p{Cs}]+$/iu.test(value) && isUrl(value) ? undefined : 'must be an https URL';
}

const httpsUrl = z
  .string()
  .check((ctx) => {
    const message = urlFaultOf(ctx.value);
    if (message) ctx.issues.push({ code: 'custom', message, input: ctx.value });
  })
  .meta({ maxLength: MAX_URL_LENGTH });

/** Someone of the company's directory, as a message names them. What is absent leaves the directory as it is. */
const Person = z.strictObject({
  id: uuid(),
  email: line(320)
    .refine((value) => /^[^\s@]+@[^\s@]+$/.test(value), 'must be an e-mail address')
    .nullish(),
  name: line(200).nullish(),
});

/** Keys of the metadata that are looked for, in NFC as the filters have them; how long they may be. */
const KEYS: Record<string, number> = {
  agent_id: MAX_KEY_LENGTH,
  query_id: MAX_KEY_LENGTH,
  tool_used: Infinity,
};

/** The metadata as it is stored; `faults` names the keys that may not be stored. */
function readKeys(given: JsonObject): { metadata: JsonObject; faults: [key: string, message: string][] } {
  const faults: [string, string][] = [];
  let metadata = given;
  for (const [key, max] of Object.entries(KEYS)) {
    const value = Object.hasOwn(given, key) ? given[key] : undefined;
    if (typeof value === 'string') {
      const normalized = boundedNfc(value, max);
      if (normalized === undefined) faults.push([key, tooLong(max)]);
      else if (normalized !== value) metadata = { ...metadata, [key]: normalized };
    } else if (max !== Infinity && value !== undefined && value !== null && typeof value !== 'number') {
      faults.push([key, 'must be a string']);
    }
  }
  return { metadata, faults };
}

const metadata = jsonObject().check((ctx) => {
  if (ctx.issues.length > 0) return;
  const { metadata, faults } = readKeys(ctx.value);
  ctx.value = metadata;
  for (const [key, message] of faults) ctx.issues.push({ code: 'custom', path: [key], message, input: metadata[key] });
});

/** Body of `POST /team-notifications` and of the job `record` (contracts README, "Recording an action"). */
export const RecordAction = z
  .strictObject({
    notification_type: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,49}$/, 'must be 1 to 50 lower-case letters, digits or _, a letter first'),
    title: line(200),
    message: text(2000),
    priority: Priority.nullish(),
    metadata: metadata.nullish().describe('agent_id, query_id, tool_used and anything else'),
    action_url: httpsUrl.nullish().describe('Stored, never fetched'),
    expires_at: timestamp().nullish(),
    sender_id: uuid().nullish().describe('sender.id unless given'),
    sender: Person.nullish(),
    recipients: z
      .array(Person)
      .max(MAX_RECIPIENTS, `must be at most ${MAX_RECIPIENTS}`)
      .refine((people) => new Set(people.map(({ id }) => id)).size === people.length, 'must not name a user twice')
      .nullish(),
  })
  .meta({
    id: 'RecordAction',
    examples: [
      {
        notification_type: 'email_sent',
        title: 'Agent sent email to customer',
        message: 'Support Agent sent follow-up email to customer regarding billing inquiry #12345',
        metadata: { agent_id: '123e4567-e89b-12d3-a456-426614174008', tool_used: 'email_tool' },
        recipients: [{ id: '123e4567-e89b-12d3-a456-426614174004', email: 'user@example.com', name: 'John Doe' }],
      },
    ],
  });
export type RecordAction = z.output<typeof RecordAction>;

/** Someone of the directory; what nobody ever told of them is null. */
const KnownPerson = z
  .object({ id: uuid(), email: z.string().nullable(), name: z.string().nullable() })
  .meta({ id: 'KnownPerson' });

/** A notification as one of its recipients has it; times are ISO 8601 in UTC. */
export const ActionRecipient = z
  .object({
    id: uuid(),
    notification_id: uuid(),
    user_id: uuid(),
    status: ReadState,
    read_at: z.iso.datetime().nullable(),
    user: KnownPerson,
  })
  .meta({ id: 'ActionRecipient' });
export type ActionRecipient = z.output<typeof ActionRecipient>;

/** The notification of the documented sample answer (contracts README, "The notification"). */
const SAMPLE = {
  id: '123e4567-e89b-12d3-a456-426614174000',
  company_id: '123e4567-e89b-12d3-a456-426614174001',
  sender_id: '123e4567-e89b-12d3-a456-426614174002',
  notification_type: 'email_sent',
  priority: 'medium',
  status: 'unread',
  title: 'Agent sent email to customer',
  message: 'Support Agent sent follow-up email to customer regarding billing inquiry #12345',
  metadata: {
    agent_id: '123e4567-e89b-12d3-a456-426614174008',
    query_id: '123e4567-e89b-12d3-a456-426614174009',
    action_type: 'email_sent',
    recipient_email: 'customer@example.com',
    email_subject: 'Follow-up on your billing inquiry',
    tool_used: 'email_tool',
    execution_time: '2.3s',
  },
  action_url: 'https://app.aloochat.ai/queries/123e4567-e89b-12d3-a456-426614174009',
  expires_at: '2024-01-15T06:00:00.000Z',
  created_at: '2024-01-10T10:00:00.000Z',
  updated_at: '2024-01-10T10:00:00.000Z',
  sender: {
    id: '123e4567-e89b-12d3-a456-426614174008',
    email: 'agent@aloochat.ai',
    name: 'Support Agent',
  },
  recipients: [
    {
      id: '123e4567-e89b-12d3-a456-426614174003',
      notification_id: '123e4567-e89b-12d3-a456-426614174000',
      user_id: '123e4567-e89b-12d3-a456-426614174004',
      status: 'unread',
      read_at: null,
      user: { id: '123e4567-e89b-12d3-a456-426614174004', email: 'user@example.com', name: 'John Doe' },
    },
  ],
};

/** What an agent did, as lists show it; `id` is the correlationId (contracts README, "The notification"). */
export const ActionItem = z
  .object({
    id: uuid(),
    company_id: uuid(),
    sender_id: uuid().nullable(),
    notification_type: z.string(),
    priority: Priority,
    status: ReadState.describe('Derived from the recipients; under /users/{user_id} that of the user'),
    title: z.string(),
    message: z.string(),
    metadata: jsonObject(),
    action_url: z.string().nullable(),
    expires_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    read_at: z.iso.datetime().nullable().optional().describe('Under /users/{user_id} only'),
    sender: KnownPerson.nullable(),
    recipients: z.array(ActionRecipient),
  })
  .meta({
    id: 'ActionItem',
    examples: [SAMPLE],
  });
export type ActionItem = z.output<typeof ActionItem>;

/** Answer of the two lists; `next_cursor` is null on the last page. */
export const ActionList = z
  .object({
    data: z.array(ActionItem),
    total: z.int(),
    skip: z.int(),
    limit: z.int(),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'ActionList', examples: [{ data: [SAMPLE], total: 25, skip: 0, limit: 10, next_cursor: null }] });
export type ActionList = z.output<typeof ActionList>;

/** Answer of `/stats`: `by_type` has the types that occur, `by_priority` all four. */
export const ActionStats = z
  .object({
    total_notifications: z.int(),
    unread_count: z.int(),
    read_count: z.int(),
    archived_count: z.int(),
    by_type: z.record(z.string(), z.int()),
    by_priority: z.object({ low: z.int(), medium: z.int(), high: z.int(), urgent: z.int() }),
  })
  .meta({
    id: 'ActionStats',
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
  });
export type ActionStats = z.output<typeof ActionStats>;

export const SetActionStatus = z
  .strictObject({ status: ReadState })
  .meta({ id: 'SetActionStatus', examples: [{ status: 'read' }] });

/** The queue `agent-actions`. `record` is open to internal services; the others are the gateway's own. */
export const agentActions = {
  queue: 'agent-actions',
  jobs: {
    record: message(RecordAction),
    owed,
    'set-status': ofGateway(
      request(
        fromCompany(z.object({ notificationId: uuid(), userId: uuid(), status: ReadState })),
        answered(ActionRecipient),
      ),
    ),
  },
};
