import { merchantAnswered, merchantAnswers, merchantTenant } from '@herald/contracts';
import type { Sql } from '../../connection/database.js';
import { jobsFrom, type Subject, type Trace } from './erasure.js';

/** A customer of merchants, by the phone that conversations and questions name; of one merchant, or of all. */
export interface Lead {
  phone: string;
  merchantId?: number;
  /** Known beforehand, so that what refers to them is found after they are gone. */
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

const owed = (queue: string, condition: string) =>
  find(`select o.id::text as id from outbox o, lead l
         where o.queue = '${queue}' and (l.tenant is null or o.company_id = l.tenant) and (${condition})`);

/** Content is a job's data or a body as text, compact or as Postgres writes JSON, or garbage. */
const NAMES = (key: string, ids: string) =>
  `d.content ~ ('"${key}": ?"?(' || (select nullif(string_agg(id::text, '|'), '') from ${ids}) || ')\\M')`;
const OF_MERCHANT = `(l.merchant_id is null or d.company_id = l.tenant
  or d.company_id is null and (d.content ~ ('"(merchantId|merchant_id)": ?"?' || l.merchant_id || '\\M')
                               or d.content !~ '"(merchantId|merchant_id)": ?"?\\d'))`;
const OF_LEADS_JOB = `d.queue in ('merchant-answers', 'merchant-answers.answered') and ${OF_MERCHANT}
  and (position('"lead_phone":' || to_json(l.phone)::text in replace(d.content, '": ', '":')) > 0
       or ${NAMES('conversation_id', 'lead_conversations')}
       or ${NAMES('conversation": ?{"id', 'lead_conversations')}
       or ${NAMES('notificationId', 'lead_notifications')}
       or d.job = 'conversation.upsert' and ${NAMES('id', 'lead_conversations')})`;

/** Jobs in Redis are judged as dead letters are. */
const FIND_LEADS_JOBS = find(`select d.id from ${jobsFrom(6)} d, lead l where ${OF_LEADS_JOB}`);

/** In this order a message that moves on meanwhile is met again at its next place. */
const LEAD_TRACES: Trace[] = [
  {
    name: 'owed messages',
    find: owed(
      'merchant-answers',
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
      'merchant-answers.answered',
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

/** The lead with the conversations and questions that are theirs now. */
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
 * The lead's conversations with their questions and answers. What tells a retry that it was done stays: it has none of
 * their content, and without it the retry would bring that back.
 */
export const subjectOfLead = (lead: Lead): Subject => ({
  values: valuesOf(lead),
  traces: LEAD_TRACES,
  queues: [merchantAnswers.queue, merchantAnswered.queue],
  findJobs: FIND_LEADS_JOBS,
});

const valuesOf = ({ phone, merchantId, conversationIds, notificationIds }: Lead) => [
  phone,
  merchantId ?? null,
  merchantId === undefined ? null : merchantTenant(merchantId),
  conversationIds,
  notificationIds,
];
