import { isDeepStrictEqual } from 'node:util';
import {
  agentActions,
  BrokenContract,
  contractFor,
  delivery,
  EVENT_QUEUES,
  merchantAnswers,
  type QueueContract,
  readJob,
} from '@herald/contracts';
import { unknownCompany } from '../../accounts/companies.js';
import type { Sql } from '../../connection/database.js';
import { isoTime } from '../../connection/iso-time.js';

/** All queues whose messages can be given up. */
export const CONTRACTS: QueueContract[] = [delivery, agentActions, merchantAnswers, ...EVENT_QUEUES];

/**
 * The outcome for a dead letter. `replayed`: its message is owed again. `compared`: the same, but a message with its
 * correlationId is already delivered: the worker drops an identical message and gives up a different one. `cleared`:
 * the same message is already owed, and the dead letter was deleted. `refused`: it stays, for the reason given. `gone`:
 * the dead letter no longer exists.
 */
export interface Replay {
  id: string;
  outcome: 'replayed' | 'compared' | 'cleared' | 'refused' | 'gone';
  reason?: string;
}

/** The columns of a dead letter that a replay needs. */
export interface Letter {
  id: string;
  /** Set for a direct job, whose content is the job's data. Null: the content is the body of an outbox row. */
  job_key: string | null;
  correlation_id: string | null;
  company_id: string | null;
  queue: string;
  job: string;
  content: string;
}

/** A message in the outbox. */
export interface Owed {
  id: string;
  queue: string;
  job: string;
  company_id: string;
  body: unknown;
}

export interface Decision extends Replay {
  message?: Owed;
}

/** @throws Error with the reason why the letter cannot be replayed */
export function messageOf({ job_key, correlation_id, company_id, queue, job, content }: Letter): Owed {
  const data = readContent(content);
  if (job_key === null) {
    return { id: correlation_id as string, queue, job, company_id: company_id as string, body: data };
  }
  const known = CONTRACTS.find((contract) => contract.queue === queue);
  const jobId = job_key.slice(0, job_key.lastIndexOf(':'));
  const contract = known && contractFor(known, job);
  const { correlationId: id, companyId, body } = readJob(contract, { queue, job, jobId, data });
  if (!id || !companyId || body === undefined) throw new BrokenContract(`a job "${job}" carries no message of its own`);
  return { id, queue, job, company_id: companyId, body };
}

/** @throws BrokenContract instead of the parser's error, which would quote the content */
function readContent(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw new BrokenContract('its content is not JSON');
  }
}

/** Facts from the database about the messages to be replayed. */
export interface Known {
  owed: Owed[];
  /** The tenant whose message is delivered, by queue and correlationId. */
  done: Map<string, string>;
  unknownCompanies: string[];
}

/** Decides on the letters in their order. */
export function decide(messages: Map<string, Owed | string>, { owed, done, unknownCompanies }: Known): Decision[] {
  const owedById = new Map(owed.map((message) => [message.id, message]));
  return [...messages].map(([id, message]) => {
    if (typeof message === 'string') return { id, outcome: 'refused', reason: message };
    const existing = owedById.get(message.id);
    if (existing) {
      if (isDeepStrictEqual(existing, message))
        return { id, outcome: 'cleared', reason: 'the same message is owed already' };
      return { id, outcome: 'refused', reason: 'its correlationId is in use for another message, which is still owed' };
    }
    if (unknownCompanies.includes(message.company_id))
      return { id, outcome: 'refused', reason: unknownCompany(message.company_id) };
    const doneBy = done.get(keyOf(message));
    if (doneBy && doneBy !== message.company_id) {
      return { id, outcome: 'refused', reason: 'its correlationId is in use by another company' };
    }
    owedById.set(message.id, message);
    return doneBy
      ? { id, outcome: 'compared', reason: 'its correlationId is delivered: the worker compares the two', message }
      : { id, outcome: 'replayed', message };
  });
}

const keyOf = ({ queue, id }: { queue: string; id: string }) => `${queue} ${id}`;

export async function findOwed(tx: Sql, ids: string[]): Promise<Owed[]> {
  return tx.query<Owed & { [column: string]: unknown }>(
    'select id, queue, job, company_id, body from outbox where id = any($1::uuid[])',
    [ids],
  );
}

/** Returns the tenants whose messages are delivered, by queue and correlationId. */
export async function findDone(tx: Sql, messages: Owed[]): Promise<Map<string, string>> {
  const ids = messages.map(({ id }) => id);
  const places = await tx.query<{ queue: string; id: string; company_id: string }>(
    `select queue, correlation_id as id, company_id from message_places
      where correlation_id = any($1::uuid[]) and state = 'delivered'`,
    [ids],
  );
  const done = new Map(places.map((place) => [keyOf(place), place.company_id]));
  // Finished merchant jobs are recorded in `requests` without a tenant: the worker checks whose they were.
  const remembered = await tx.query<{ id: string }>('select id from requests where id = any($1::uuid[])', [ids]);
  const known = new Set(remembered.map(({ id }) => id));
  for (const message of messages) {
    if (message.queue === merchantAnswers.queue && known.has(message.id)) done.set(keyOf(message), message.company_id);
  }
  return done;
}

const step = (name: string, at: string, more = '') =>
  `jsonb_build_array(jsonb_build_object('step', '${name}', 'at', ${isoTime(at)}${more}))`;

/**
 * $1 dead letters, $2 to $4 the ids, companies and bodies of their messages. Moves messages from the dead letters to
 * the outbox, and returns the dead letters that still existed. Earlier deaths of its workers no longer count, but a
 * message that ran alone runs alone again, because it may still kill its worker.
 */
export const REPLAY = `
  with message as (
    select * from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::jsonb[]) as m(letter, id, company_id, body)),
  taken as (
    delete from dead_letters d using message m where d.id = m.letter
    returning m.letter, m.id, m.company_id, m.body, d.queue, d.job, d.job_key, d.accepted_at, d.queued_at, d.given_up_at,
              d.error, d.history),
  back as (
    insert into outbox (id, queue, job, company_id, body, accepted_at, alone, history)
    select id, queue, job, company_id, body, coalesce(accepted_at, queued_at, given_up_at), history @> '[{"alone": true}]',
           case when job_key is not null then ${step('queued', 'queued_at', `, 'direct', true`)} else '[]' end
           || (select coalesce(jsonb_agg(past.step - 'alone' order by past.n), '[]')
                 from jsonb_array_elements(history) with ordinality as past(step, n))
           || ${step('queued', 'queued_at')} || ${step('given_up', 'given_up_at', `, 'detail', error`)}
           || ${step('replayed', 'now()')}
      from taken)
  select letter::text from taken`;
