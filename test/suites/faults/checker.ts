import { compareCounters, compareFeedCounters, Database } from '@herald/database';
import type { Herald } from '../../support/herald.js';
import type { World } from './world.js';

/** The outcome of the operations of one door. */
export interface Finding {
  slice: string;
  door: string;
  sent: number;
  acked: number;
  refused: number;
  /** The client got no result; `unknown_done` of these were done. */
  unknown: number;
  unknown_done: number;
  /** Direct jobs that stood in a Redis that lost everything, and are not done. */
  lost_with_redis: number;
  /** It may be done or not. */
  indeterminate: number;
  given_up: number;
  /** Acknowledged, and neither done, owed nor given up. */
  lost: number;
  /** Done more than once, or in two places. */
  doubled: number;
  /** Stored otherwise than it was sent, or than its verdict says. */
  wrong: number;
  /** Done although it was refused, or although nobody sent it. */
  unexpected: number;
  /** Still owed when everything was quiet. */
  owed: number;
  /** Serials of the bad operations, for diagnosis. */
  examples: string[];
}

/** One SQL statement compares the client's results with the tables. */
export async function check(world: World): Promise<Finding[]> {
  const { herald } = world;
  const { entries, lostWithRedis, events } = await world.ledger.read();
  await herald.query(TABLES);
  await herald.query(
    `insert into faults.ledger
     select * from jsonb_to_recordset($1) as e(serial text, n int, slice text, door text, kind text, outcome text, id uuid,
                                               content text, target text, verdict jsonb)`,
    [JSON.stringify(entries.map((entry, n) => ({ ...entry, n })))],
  );
  await herald.query('insert into faults.lost_with_redis select unnest($1::uuid[])', [lostWithRedis]);
  await herald.query('insert into faults.in_redis select unnest($1::uuid[])', [await world.unfinishedJobs()]);
  await herald.query(
    `insert into faults.events select distinct id, job, faults.mark(question), answer
       from jsonb_to_recordset($1) as e(id uuid, job text, question text, answer text)`,
    [JSON.stringify(events)],
  );
  return herald.query<Finding & Record<string, unknown>>(COMPARE);
}

/** Keys of counters that a recount does not confirm. */
export async function wrongCounters(herald: Herald): Promise<unknown[]> {
  const database = new Database({ url: herald.databaseUrl, applicationName: 'faults-recount', poolSize: 1 });
  try {
    return [...(await compareCounters(database)), ...(await compareFeedCounters(database))];
  } finally {
    await database.close();
  }
}

export const BAD = ['lost', 'doubled', 'wrong', 'unexpected', 'owed', 'given_up'] as const;

/** Returns the broken promises, in one line for each door; empty when all is well. */
export function faultsOf(findings: Finding[]): string[] {
  return findings.flatMap((finding) => {
    const broken = BAD.filter((name) => finding[name] > 0).map((name) => `${finding[name]} ${name.replace('_', ' ')}`);
    if (broken.length === 0) return [];
    return `${finding.slice}, ${finding.door}: ${broken.join(', ')} (${finding.examples.slice(0, 5).join(' ')})`;
  });
}

const TABLES = `
  drop schema if exists faults cascade;
  create schema faults;
  create table faults.ledger (serial text primary key, n int, slice text, door text, kind text, outcome text, id uuid,
                              content text, target text, verdict jsonb);
  create table faults.lost_with_redis (id uuid);
  create table faults.in_redis (id uuid);
  create table faults.events (id uuid, job text, question text, answer text);
  create function faults.mark(content text) returns text immutable language sql
    return substring(content from '#([a-z][0-9]+)#');
  create index on faults.ledger (target);
  create index on faults.events (question);`;

/** Everything that is there, by the mark that its content carries, wherever it is. */
const THERE = `
  there as (
    select faults.mark(body) as serial, id, 'done' as place, body as content from feed_messages
    union all select faults.mark(message), id, 'done', message from agent_actions
    union all select faults.mark(context ->> 'question'), correlation_id, 'done', context ->> 'question' from notifications
    union all select faults.mark(lead_name), null, 'done', lead_name from conversations
    union all select faults.mark(body::text), id, 'owed', null from outbox where queue <> 'merchant-answers.events'
    union all select serial, id, 'owed', null from faults.ledger join faults.in_redis using (id)
    union all select faults.mark(content), correlation_id, 'given up', null from dead_letters)`;

/** The places of acknowledged ids, as operators see them; what a merchant asks is no message there. */
const PLACED = `
  placed as (
    select l.serial, count(*) as places from faults.ledger l join message_places p on p.correlation_id = l.id
     where l.outcome = 'acked' and l.kind = 'message' group by 1)`;

/** For each message: how often it is there, and whether as it was sent. A question may have been deleted. */
const MESSAGES = `
  messages as (
    select l.serial, count(t.place) as n, count(*) filter (where t.place = 'done') as done,
           count(*) filter (where t.place = 'owed') as owed, count(*) filter (where t.place = 'given up') as given_up,
           coalesce(bool_or(t.place = 'done' and (t.content <> l.content or t.id <> l.id)), false) as wrong,
           coalesce(max(p.places), 0) as places,
           exists (select from faults.ledger d where d.kind = 'delete' and d.target = l.serial
                      and d.outcome <> 'refused') as deleted
      from faults.ledger l left join there t using (serial) left join placed p using (serial)
     where l.kind in ('message', 'conversation') group by l.serial)`;

const ANSWERS = `
  answers as (
    select l.serial, n.id is not null as there, coalesce(n.answer ->> 'answer' = l.content, false) as stored,
           (select count(*) from faults.events e where e.answer = l.content) as events,
           (select count(*) from outbox o where o.body -> 'answer' ->> 'answer' = l.content) as owed,
           (select count(*) from dead_letters d where faults.mark(d.content) = l.serial) as given_up
      from faults.ledger l left join notifications n on faults.mark(n.context ->> 'question') = l.target
     where l.kind = 'answer')`;

/** Statuses of one target come one after another: the last acknowledged one stands, or one without a result. */
const STATUSES = `
  statuses as (
    select l.serial, coalesce(l.verdict ->> 'status' <> l.content, false) as wrong,
           l.n = max(l.n) filter (where l.outcome = 'acked') over (partition by l.target) as last,
           coalesce(f.status, r.status) as stands,
           array_agg(l.content) filter (where l.outcome = 'unknown') over (partition by l.target) as perhaps
      from faults.ledger l join faults.ledger m on m.serial = l.target
      left join feed_messages f on f.id = m.id
      left join lateral (select status from agent_action_recipients where notification_id = m.id
                          and user_id = (l.verdict ->> 'user_id')::uuid) r on true
     where l.kind = 'status')`;

const READ_ALL = `
  read_all as (
    select l.serial, count(*) filter (where f.status = 'unread') as unread,
           coalesce((l.verdict ->> 'updated')::int <> count(*), false) as wrong
      from faults.ledger l, unnest(string_to_array(l.target, ' ')) m(serial)
      join faults.ledger s on s.serial = m.serial left join feed_messages f on f.id = s.id
     where l.kind = 'read-all' group by l.serial)`;

/** What was told of each question: that it was asked, and of the one end that it has when it is open no longer. */
const TOLD = `
  told as (
    select q.serial, q.asked, q.ends, (n.status = 'requested') = (q.ends > 0) as contradicted,
           n.id is null and q.asked > 0 and q.ends = 0 as unended
      from (select l.serial, count(distinct e.id) filter (where e.job = 'requested') as asked,
                   count(distinct e.id) filter (where e.job in ('answered', 'dismissed', 'expired')) as ends
              from faults.ledger l left join faults.events e on e.question = l.serial
             where l.slice = 'merchant-answers' and l.kind = 'message' group by l.serial) q
      left join notifications n on faults.mark(n.context ->> 'question') = q.serial)`;

const JUDGED = `
  judged as (
    select l.serial, l.slice, l.door, l.outcome, m.done > 0 as done, m.n = 0 as absent, m.given_up, m.owed,
           l.outcome = 'acked' and ((m.n = 0 or (m.places = 0 and l.slice <> 'merchant-answers')) and not m.deleted
                                    or coalesce(t.asked = 0 and m.given_up = 0 or t.unended, false)) as lost,
           m.n > 1 or m.places > 1 or coalesce(t.asked > 1 or t.ends > 1, false) as doubled,
           m.wrong or coalesce(t.contradicted, false) as wrong, l.outcome = 'refused' and m.n > 0 as unexpected
      from faults.ledger l join messages m using (serial) left join told t using (serial)
    union all
    select l.serial, l.slice, l.door, l.outcome, a.stored or a.events > 0, not a.stored and a.events = 0, a.given_up, a.owed,
           l.outcome = 'acked' and a.given_up = 0 and ((a.there and not a.stored) or a.events + a.owed = 0),
           a.events > 1, a.there and a.stored <> (a.events + a.owed > 0), l.outcome = 'refused' and (a.stored or a.events > 0)
      from faults.ledger l join answers a using (serial)
    union all
    select l.serial, l.slice, l.door, l.outcome, t.serial is null, t.serial is not null, 0, 0,
           l.outcome = 'acked' and t.serial is not null, false, false, false
      from faults.ledger l left join (select distinct serial from there) t on t.serial = l.target where l.kind = 'delete'
    union all
    select l.serial, l.slice, l.door, l.outcome, s.stands = l.content, false, 0, 0,
           coalesce(s.last, false) and l.outcome = 'acked' and s.stands is distinct from l.content
             and not coalesce(s.stands = any(s.perhaps), false),
           false, s.wrong, false
      from faults.ledger l join statuses s using (serial)
    union all
    select l.serial, l.slice, l.door, l.outcome, r.unread = 0, false, 0, 0, l.outcome = 'acked' and r.unread > 0, false,
           r.wrong, false
      from faults.ledger l join read_all r using (serial)
    union all
    select t.serial, 'nobody', 'sent this', 'none', true, false, 0, 0, false, false, false, true
      from there t left join faults.ledger l using (serial) where t.serial is not null and l.serial is null),
  excused as (
    select j.*, j.outcome <> 'refused' and j.absent and l.id in (select id from faults.lost_with_redis) as lost_with_redis
      from judged j left join faults.ledger l using (serial))`;

const COUNT = (condition: string) => `count(*) filter (where ${condition})::int`;

const COMPARE = `
  with ${[THERE, PLACED, MESSAGES, ANSWERS, TOLD, STATUSES, READ_ALL, JUDGED].join(',')}
  select slice, door, count(*)::int as sent, ${COUNT(`outcome = 'acked'`)} as acked, ${COUNT(`outcome = 'refused'`)} as refused,
         ${COUNT(`outcome = 'unknown'`)} as unknown, ${COUNT(`outcome = 'unknown' and done`)} as unknown_done,
         ${COUNT('lost_with_redis')} as lost_with_redis, ${COUNT(`outcome = 'unknown' or lost_with_redis`)} as indeterminate,
         ${COUNT('given_up > 0')} as given_up,
         ${COUNT('lost and not lost_with_redis')} as lost, ${COUNT('doubled')} as doubled, ${COUNT('wrong')} as wrong,
         ${COUNT('unexpected')} as unexpected, ${COUNT('owed > 0')} as owed,
         coalesce(array_agg(serial) filter (where (lost and not lost_with_redis) or doubled or wrong or unexpected
                                                  or owed > 0 or given_up > 0), '{}') as examples
    from excused group by slice, door order by slice, door`;
