import type { Sql } from '../../connection/database.js';
import { LANE } from './owed-row.js';

/** A message to be accepted. */
export interface NewMessage {
  /** The correlationId. */
  id: string;
  queue: string;
  /** The job of the queue's contract that the worker runs for it. */
  job: string;
  companyId: string;
  body: unknown;
  /** Fed before the company's ordinary messages. */
  urgent?: boolean;
  /** The trace of the request that sends it. */
  traceparent?: string;
}

/** The messages of one send and, with an Idempotency-Key, its id and the hash of its body. */
interface Send {
  messages: NewMessage[];
  key?: { id: string; hash: Buffer };
}

/** The job that carries each message that is published immediately, by the message's id. */
type JobIds = ReadonlyMap<string, string>;

const FIELDS = 'id, queue, job, company_id, body, lane, job_id, traceparent';
/** $1 to $8: the fields of the messages. */
const GIVEN = `unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[], $6::smallint[], $7::uuid[], $8::text[]`;
const WRITE = `insert into outbox (${FIELDS}, accepted_at, queued_at)
  select ${FIELDS}, now(), case when job_id is not null then now() end from`;

const INSERT = `${WRITE} ${GIVEN}) as given(${FIELDS})`;

/**
 * $9 the key of each message or null, $10 keys, $11 hashes. Messages without a key are always new. With a key, the row in
 * `requests` decides for all messages of the send.
 */
const INSERT_KEYED = `
  with keys as (
    insert into requests (id, body_hash) select * from unnest($10::uuid[], $11::bytea[])
        on conflict (id) do nothing
    returning id),
  given as (select * from ${GIVEN}, $9::uuid[]) as given(${FIELDS}, key)),
  written as (${WRITE} given where key is null or key in (select id from keys))
  select id from keys`;

/** $1 keys. */
const FIND_HASHES = 'select id, body_hash from requests where id = any($1::uuid[])';

/** Inserts the messages of sends, at most one for each key, and returns the ids of the keys that are new. */
export async function insertMessages(sql: Sql, sends: Send[], jobIds: JobIds): Promise<Set<string>> {
  const messages = columns(
    sends.flatMap((send) => send.messages),
    jobIds,
  );
  // All gateways insert keys in the same order, so that two of them cannot deadlock.
  const keys = sends.flatMap(({ key }) => key ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (keys.length === 0) {
    await sql.query(INSERT, messages);
    return new Set();
  }
  const fresh = await sql.query<{ id: string }>(INSERT_KEYED, [
    ...messages,
    sends.flatMap((send) => send.messages.map(() => send.key?.id ?? null)),
    keys.map(({ id }) => id),
    keys.map(({ hash }) => hash),
  ]);
  return new Set(fresh.map(({ id }) => id));
}

/** Returns the hash of the body that was sent with each of these keys. */
export async function findHashes(sql: Sql, keys: string[]): Promise<Map<string, Buffer>> {
  const known = await sql.query<{ id: string; body_hash: Buffer }>(FIND_HASHES, [keys]);
  return new Map(known.map(({ id, body_hash }) => [id, body_hash]));
}

const columns = (messages: NewMessage[], jobIds: JobIds): unknown[] => [
  messages.map(({ id }) => id),
  messages.map(({ queue }) => queue),
  messages.map(({ job }) => job),
  messages.map(({ companyId }) => companyId),
  messages.map(({ body }) => JSON.stringify(body)),
  messages.map(({ urgent }) => (urgent ? LANE.urgent : LANE.ordinary)),
  messages.map(({ id }) => jobIds.get(id) ?? null),
  messages.map(({ traceparent }) => traceparent ?? null),
];
