import { EVENT_QUEUES, merchantAnswers, merchantTenant } from '@herald/contracts';
import type { Sql } from '../../connection/database.js';
import { jobsFrom, type Subject, type Trace } from './erasure.js';

/** A customer of one merchant or of all, identified by the phone number in conversations and questions. */
export interface Lead {
  phone: string;
  merchantId?: number;
  /** Looked up in advance, so that references to them are found after they are deleted. */
  conversationIds: string[];
  notificationIds: string[];
}

/** $1 phone, $2 merchant and $3 its tenant or null, $4 conversations and $5 notifications known to be the lead's. */
const LEAD = `
  lead as (select $1::text as phone, $2::bigint as merchant_id, $3::uuid as tenant),
  lead_conversations as (
    select c.id from conversations c, lead l
     where (l.merchant_id is null or c.merchant_id = l.merchant_id)
       and (c.lead_phone = l.phone or c.lead_phone is null and exists (
             select from notifications n where n.conversation_id = c.id and n.context ->> 'lead_phone' = l.phone))
     union select unnest($4::bigint[])),
  lead_notifications as (
    select n.id from notifications n, lead l
     where (l.merchant_id is null or n.merchant_id = l.merchant_id)
       and (n.context ->> 'lead_phone' = l.phone or n.conversation_id in (select id from lead_conversations))
     union select unnest($5::bigint[]))`;

const find = (rows: string) => `with ${LEAD} ${rows}`;
const erase = (table: string, type: string) =>
  `with ${LEAD} delete from ${table} where id = any($6::text[]::${type}[])`;

const IN_CONVERSATIONS = (id: string) => `${id} in (select id::text from lead_conversations)`;

const EVENTS = EVENT_QUEUES.map(({ queue }) => queue);
const listOf = (queues: string[]) => queues.map((queue) => `'${queue}'`).join(', ');

const owed = (queues: string[], condition: string) =>
  find(`select o.id::text as id from outbox o, lead l
         where o.queue in (${listOf(queues)}) and (l.tenant is null or o.company_id = l.tenant) and (${condition})`);

/** Searches content: a job's data or a body as text, compact or as Postgres writes JSON, or garbage. */
const NAMES = (key: string, ids: string) =>
  `d.content ~ ('"${key}": ?"?(' || (select nullif(string_agg(id::text, '|'), '') from ${ids}) || ')\\M')`;
const OF_MERCHANT = `(l.merchant_id is null or d.company_id = l.tenant
  or d.company_id is null and (d.content ~ ('"(merchantId|merchant_id)": ?"?' || l.merchant_id || '\\M')
                               or d.content !~ '"(merchantId|merchant_id)": ?"?\\d'))`;
const OF_LEADS_JOB = `d.queue in (${listOf([merchantAnswers.queue, ...EVENTS])}) and ${OF_MERCHANT}
  and (position('"lead_phone":' || to_json(l.phone)::text in replace(d.content, '": ', '":')) > 0
       or ${NAMES('conversation_id', 'lead_conversations')}
       or ${NAMES('conversation": ?{"id', 'lead_conversations')}
       or ${NAMES('notificationId', 'lead_notifications')}
       or d.job = 'conversation.upsert' and ${NAMES('id', 'lead_conversations')})`;

/** Jobs in Redis are searched like dead letters. */
const FIND_LEADS_JOBS = find(`select d.id from ${jobsFrom(6)} d, lead l where ${OF_LEADS_JOB}`);

/** Ordered as messages move, so that a message that moves meanwhile is found in its next place. */
const LEAD_TRACES: Trace[] = [
  {
    name: 'owed messages',
    find: owed(
      [merchantAnswers.queue],
      `case o.job
         when 'conversation.upsert'
         then o.body -> 'body' ->> 'lead_phone' = l.phone or ${IN_CONVERSATIONS(`o.body -> 'body' ->> 'id'`)}
         when 'request'
         then o.body -> 'body' -> 'context' ->> 'lead_phone' = l.phone
              or ${IN_CONVERSATIONS(`o.body -> 'body' ->> 'conversation_id'`)}
         else o.body ->> 'notificationId' in (select id::text from lead_notifications)
       end`,
    ),
    erase: erase('outbox', 'uuid'),
  },
  {
    name: 'questions',
    find: find('select n.id::text as id from notifications n join lead_notifications using (id)'),
    erase: erase('notifications', 'bigint'),
  },
  {
    name: 'owed events',
    find: owed(
      EVENTS,
      `l.phone in (o.body -> 'conversation' ->> 'lead_phone', o.body -> 'question' ->> 'lead_phone')
       or ${IN_CONVERSATIONS(`o.body -> 'conversation' ->> 'id'`)}`,
    ),
    erase: erase('outbox', 'uuid'),
  },
  {
    name: 'dead letters',
    find: find(`select d.id::text as id from dead_letters d, lead l where ${OF_LEADS_JOB}`),
    erase: erase('dead_letters', 'bigint'),
  },
  {
    name: 'conversations',
    find: find('select c.id::text as id from conversations c join lead_conversations using (id)'),
    erase: erase('conversations', 'bigint'),
  },
];

/** Returns the lead with the ids of their current conversations and questions. */
export async function completeLead(sql: Sql, lead: Pick<Lead, 'phone' | 'merchantId'>): Promise<Lead> {
  const unknown: Lead = { ...lead, conversationIds: [], notificationIds: [] };
  const [known] = await sql.query<{ conversations: string[]; notifications: string[] }>(
    find(`select array(select id::text from lead_conversations) as conversations,
                 array(select id::text from lead_notifications) as notifications, (select tenant from lead)`),
    valuesOf(unknown),
  );
  return { ...unknown, conversationIds: known?.conversations ?? [], notificationIds: known?.notifications ?? [] };
}

/**
 * Returns the lead's conversations, questions and answers as a subject. Idempotency records stay: they have no personal
 * content, and without them a retry would restore the data.
 */
export const subjectOfLead = (lead: Lead): Subject => ({
  values: valuesOf(lead),
  traces: LEAD_TRACES,
  queues: [merchantAnswers.queue, ...EVENTS],
  findJobs: FIND_LEADS_JOBS,
});

const valuesOf = ({ phone, merchantId, conversationIds, notificationIds }: Lead) => [
  phone,
  merchantId ?? null,
  merchantId === undefined ? null : merchantTenant(merchantId),
  conversationIds,
  notificationIds,
];
