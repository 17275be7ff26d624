import { Database, type Sql } from '../connection/database.js';
import { isoTime } from '../connection/iso-time.js';

interface StoredAnswer {
  notificationId: number;
  merchantId: number;
  correlationId: string;
  /** The answer's own id: the correlationId, unless that is the id of an earlier answer. */
  answerId: string;
  hash: Buffer;
  verdict: unknown;
  answer: Record<string, string>;
  /** Null when no event is written. */
  eventId: string | null;
  tenant: string;
  traceparent?: string;
  queuedAt: Date;
  startedAt: Date;
}

/** What is stored of an answer's command. */
interface WrittenAnswer {
  created_at: Date;
  correlation_ids: string[] | null;
  [column: string]: unknown;
}

/**
 * $1 notification, $2 merchant, $3 the answer's correlationId, $4 hash of the command's body, $5 verdict, $6 answer,
 * $7 the event's id or null, $8 the merchant's tenant, $9 traceparent or null, $10 queued at, $11 started at, $12 the
 * answer's id. Writes an answer, the record of its command
 * and, when $7 is given, the event that `AnsweredEvent` describes. Returns the time of the record, or no row, and writes
 * nothing, when the notification is gone or takes no further answer. Fails when the correlationId has a record.
 */
const WRITE_ANSWER = `
  with answered as (
    update notifications set status = 'answered', answer = $6::jsonb, answer_id = $12, updated_at = now()
     where id = $1 and merchant_id = $2 and (status = 'requested' or allow_multiple_answers) returning *),
  remembered as (
    insert into requests (id, body_hash, verdict, company_id, queue, queued_at, started_at, correlation_ids)
    select $3::uuid, $4::bytea, $5::jsonb, $8::uuid, 'merchant-answers', $10::timestamptz, $11::timestamptz,
           case when $12::uuid <> $3::uuid then array[$12::uuid] end
      from answered
    returning created_at, correlation_ids),
  event as (
    insert into outbox (id, queue, job, company_id, accepted_at, traceparent, body)
    select $7::uuid, 'merchant-answers.answered', 'answered', $8::uuid, n.updated_at, $9::text, jsonb_build_object(
             'v', 1, 'id', $7::uuid, 'correlationId', n.answer_id, 'answered_at', ${isoTime('n.updated_at')},
             'merchant_id', n.merchant_id,
             'conversation', jsonb_build_object('id', c.id, 'lead_phone', c.lead_phone, 'lead_name', c.lead_name),
             'notification', jsonb_build_object('id', n.id, 'correlationId', n.correlation_id,
               'notification_type', n.notification_type, 'created_at', ${isoTime('n.created_at')}),
             'question', n.context, 'answer', n.answer)
      from answered n join conversations c on c.id = n.conversation_id
     where $7::uuid is not null)
  select created_at, correlation_ids from remembered`;

/** Returns what is stored of the command; undefined when nothing was written. Outside a transaction the statement is prepared. */
export async function writeAnswer(sql: Sql, stored: StoredAnswer): Promise<WrittenAnswer | undefined> {
  const { notificationId, merchantId, correlationId, answerId, hash, verdict, answer, eventId, tenant } = stored;
  const { traceparent, queuedAt, startedAt } = stored;
  const values = [
    notificationId,
    merchantId,
    correlationId,
    hash,
    JSON.stringify(verdict),
    JSON.stringify(answer),
    eventId,
    tenant,
    traceparent ?? null,
    queuedAt,
    startedAt,
    answerId,
  ];
  const [written] = await (sql instanceof Database
    ? sql.prepared<WrittenAnswer>(WRITE_ANSWER, values)
    : sql.query<WrittenAnswer>(WRITE_ANSWER, values));
  return written;
}
