import { isDeepStrictEqual } from 'node:util';
import {
  agentActions,
  BrokenContract,
  contractFor,
  delivery,
  merchantAnswered,
  merchantAnswers,
  type QueueContract,
  readJob,
} from '@herald/contracts';
import { unknownCompany } from '../../accounts/companies.js';
import type { Sql } from '../../connection/database.js';

/** Every queue whose messages can be given up. */
export const CONTRACTS: QueueContract[] = [delivery, agentActions, merchantAnswers, merchantAnswered];

/**
 * What became of a dead letter. `replayed`: its message is owed again. `compared`: so it is, although its correlationId
 * is done: the worker drops it when it is the same message, and gives it up again when it is another. `cleared`: the
 * same message is owed already, and the dead letter is gone. `refused`: it stays, for the reason. `gone`: there is no
 * such dead letter any more.
 */
export interface Replay {
  id: string;
  outcome: 'replayed' | 'compared' | 'cleared' | 'refused' | 'gone';
  reason?: string;
}

/** A dead letter, as far as a replay needs it. */
export interface Letter {
  id: string;
  /** Of a job that came straight from the queue: its content is the job's data. Null: the content is an outbox row's body. */
  job_key: string | null;
  correlation_id: string | null;
  company_id: string | null;
  queue: string;
  job: string;
  content: string;
}

/** A message as the outbox has it. */
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

/** @throws Error with the reason why the letter cannot become an owed message */
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

/** @throws BrokenContract instead of the parser's error, which quotes the content */
function readContent(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw new BrokenContract('its content is not JSON');
  }
}

/** What the database knows of the messages that letters would become. */
export interface Known {
  owed: Owed[];
  /** Whose message is done under each queue and correlationId. */
  done: Map<string, string>;
  unknownCompanies: string[];
}

/** Decides over letters in their order. */
export function decide(messages: Map<string, Owed | string>, { owed, done, unknownCompanies }: Known): Decision[] {
  const taken = new Map(owed.map((message) => [message.id, message]));
  return [...messages].map(([id, message]) => {
    if (typeof message === 'string') return { id, outcome: 'refused', reason: message };
    const there = taken.get(message.id);
    if (there) {
      if (isDeepStrictEqual(there, message))
        return { id, outcome: 'cleared', reason: 'the same message is owed already' };
      return { id, outcome: 'refused', reason: 'its correlationId is in use for another message, which is still owed' };
    }
    if (unknownCompanies.includes(message.company_id))
      return { id, outcome: 'refused', reason: unknownCompany(message.company_id) };
    const doneBy = done.get(keyOf(message));
    if (doneBy && doneBy !== message.company_id) {
      return { id, outcome: 'refused', reason: 'its correlationId is in use by another company' };
    }
    taken.set(message.id, message);
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

/** Whose message is done under each queue and correlationId. */
export async function findDone(tx: Sql, messages: Owed[]): Promise<Map<string, string>> {
  const ids = messages.map(({ id }) => id);
  const places = await tx.query<{ queue: string; id: string; company_id: string }>(
    `select queue, correlation_id as id, company_id from message_places
      where correlation_id = any($1::uuid[]) and state = 'delivered'`,
    [ids],
  );
  const done = new Map(places.map((place) => [keyOf(place), place.company_id]));
  // What a merchant's job did is remembered with its request; whose it was, the worker knows.
  const remembered = await tx.query<{ id: string }>('select id from requests where id = any($1::uuid[])', [ids]);
  const known = new Set(remembered.map(({ id }) => id));
  for (const message of messages) {
    if (message.queue === merchantAnswers.queue && known.has(message.id)) done.set(keyOf(message), message.company_id);
  }
  return done;
}

const time = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const step = (name: string, at: string, more = '') =>
  `jsonb_build_array(jsonb_build_object('step', '${name}', 'at', ${time(at)}${more}))`;

/**
 * $1 dead letters, $2 to $4 the ids, companies and bodies of their messages. The dead letter leaves as the outbox row
 * enters; returns the dead letters that were still there. Deaths of its former life do not count in the next; a message
 * that ran alone then runs alone again, since it may still kill its worker.
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
