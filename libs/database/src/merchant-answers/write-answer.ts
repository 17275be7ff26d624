import { Database, type Sql } from '../connection/database.js';
import type { EventTarget } from './insert-notification.js';
import { EVENT_NOTIFICATION, eventData, insertEvents, WITH_EVENT_ID } from './question-event.js';

interface StoredAnswer extends EventTarget {
  notificationId: number;
  merchantId: number;
  correlationId: string;
  /** The answer's own id: the correlationId, unless that is the id of an earlier answer. */
  answerId: string;
  hash: Buffer;
  verdict: unknown;
  answer: Record<string, string>;
  /** Id of the event on the old queue; null when none is written there. */
  oldEventId: string | null;
  queuedAt: Date;
  startedAt: Date;
}

/** What is stored of an answer's command. */
interface WrittenAnswer {
  created_at: Date;
  correlation_ids: string[] | null;
  [column: string]: unknown;
}

const ANSWERED = {
  happening: 'answered',
  at: 'n.updated_at',
  tenant: '$8::uuid',
  traceparent: '$9::text',
  correlationId: 'n.answer_id',
  more: `'answer', n.answer`,
} as const;

/**
 * $1 notification, $2 merchant, $3 the answer's correlationId, $4 hash of the command's body, $5 verdict, $6 answer,
 * $7 the old event's id or null, $8 the merchant's tenant, $9 traceparent or null, $10 true to write the event, $11 queued
 * at, $12 started at, $13 the answer's id. Writes an answer, the record of its command and its events. Returns the time of
 * the record, or no row, and writes nothing, when the notification is gone, has expired or takes no further answer: the
 * database's clock decides at this moment. Fails when the correlationId has a record.
 */
const WRITE_ANSWER = `
  with answered as (
    update notifications set status = 'answered', answer = $6::jsonb, answer_id = $13, updated_at = now()
     where id = $1 and merchant_id = $2
       and (status = 'requested' and (expires_at is null or expires_at > now())
            or status = 'answered' and allow_multiple_answers)
    returning ${WITH_EVENT_ID}),
  remembered as (
    insert into requests (id, body_hash, verdict, company_id, queue, queued_at, started_at, correlation_ids)
    select $3::uuid, $4::bytea, $5::jsonb, $8::uuid, 'merchant-answers', $11::timestamptz, $12::timestamptz,
           case when $13::uuid <> $3::uuid then array[$13::uuid] end
      from answered
    returning created_at, correlation_ids),
  old_event as (
    insert into outbox (id, queue, job, company_id, accepted_at, traceparent, body)
    select $7::uuid, 'merchant-answers.answered', 'answered', $8::uuid, n.updated_at, $9::text,
           jsonb_build_object('v', 1, 'id', $7::uuid, 'notification', ${EVENT_NOTIFICATION}, ${eventData(ANSWERED)})
      from answered n join conversations c on c.id = n.conversation_id
     where $7::uuid is not null),
  event as (${insertEvents({ ...ANSWERED, rows: 'answered' }, '$10::boolean')})
  select created_at, correlation_ids from remembered`;

/** Returns what is stored of the command; undefined when nothing was written. Outside a transaction the statement is prepared. */
export async function writeAnswer(sql: Sql, stored: StoredAnswer): Promise<WrittenAnswer | undefined> {
  const values = [
    stored.notificationId,
    stored.merchantId,
    stored.correlationId,
    stored.hash,
    JSON.stringify(stored.verdict),
    JSON.stringify(stored.answer),
    stored.oldEventId,
    stored.tenant,
    stored.traceparent ?? null,
    stored.writesEvent,
    stored.queuedAt,
    stored.startedAt,
    stored.answerId,
  ];
  const [written] = await (sql instanceof Database
    ? sql.prepared<WrittenAnswer>(WRITE_ANSWER, values)
    : sql.query<WrittenAnswer>(WRITE_ANSWER, values));
  return written;
}
