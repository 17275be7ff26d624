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
 * `requests` decides for all messages of the send. Where the key was used before and is forgotten since, its ids may name
 * earlier messages: the new ones get others, and are left to the feeder.
 */
const INSERT_KEYED = `
  with given as (
    select * from ${GIVEN}, $9::uuid[]) with ordinality as given(${FIELDS}, key, seat)),
  used as materialized (select used_ids(array(select id from given where key is not null)) as id),
  named as materialized (
    select g.*, case when u.id is null then g.id else gen_random_uuid() end as own_id, u.id is not null as renamed
      from given g left join used u using (id)),
  keys as (
    insert into requests (id, body_hash, correlation_ids)
    select k.id, k.hash, case when array_agg(n.own_id) <> array[k.id] then array_agg(n.own_id order by n.seat) end
      from unnest($10::uuid[], $11::bytea[]) with ordinality as k(id, hash, seat) join named n on n.key = k.id
     group by k.id, k.hash, k.seat order by k.seat
        on conflict (id) do nothing
    returning id, created_at, correlation_ids),
  written as (
    ${WRITE} (
      select own_id as id, queue, job, company_id, body, lane, case when not renamed then job_id end as job_id, traceparent
        from named where key is null or key in (select id from keys) order by seat) m)
  select id, created_at as "since", correlation_ids as "correlationIds" from keys`;

/** A request that is remembered under its key. */
export interface StoredKey {
  id: string;
  since: Date;
  /** The correlationIds of its messages, where they do not follow from its key. */
  correlationIds: string[] | null;
}

/** $1 keys. */
const FIND_KEYS = `
  select id, body_hash as "hash", created_at as "since", correlation_ids as "correlationIds"
    from requests where id = any($1::uuid[])`;

/** Inserts the messages of sends, at most one for each key, and returns the keys that are new. */
export async function insertMessages(sql: Sql, sends: Send[], jobIds: JobIds): Promise<Map<string, StoredKey>> {
  const messages = columns(
    sends.flatMap((send) => send.messages),
    jobIds,
  );
  // All gateways insert keys in the same order, so that two of them cannot deadlock.
  const keys = sends.flatMap(({ key }) => key ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (keys.length === 0) {
    await sql.query(INSERT, messages);
    return new Map();
  }
  const fresh = await sql.query<StoredKey & { [column: string]: unknown }>(INSERT_KEYED, [
    ...messages,
    sends.flatMap((send) => send.messages.map(() => send.key?.id ?? null)),
    keys.map(({ id }) => id),
    keys.map(({ hash }) => hash),
  ]);
  return new Map(fresh.map((key) => [key.id, key]));
}

/** Returns what is remembered under these keys, with the hash of the body that was sent. */
export async function findKeys(sql: Sql, keys: string[]): Promise<Map<string, StoredKey & { hash: Buffer }>> {
  const known = await sql.query<StoredKey & { hash: Buffer; [column: string]: unknown }>(FIND_KEYS, [keys]);
  return new Map(known.map((key) => [key.id, key]));
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
