import type { MessageStatements } from '../messages/message-statements.js';
import { count, countedActions, countedRecipients } from './action-counters.js';

/** The fields of a `RecordAction` body as columns. A producer's body may lack fields that have a default. */
const BODY = `jsonb_to_record(g.body) as b(notification_type text, title text, message text, priority text,
  metadata jsonb, action_url text, expires_at timestamptz, sender_id uuid, sender jsonb, recipients jsonb)`;

const COLUMNS = `id, company_id, sender_id, sender_user_id, notification_type, priority, title, message, metadata, agent_id,
  query_id, action_url, expires_at, created_at, updated_at, accepted_at, queued_at, started_at, history`;

/** Returns an object or a list where the body may also have null. */
const orEmpty = (json: string, empty: string) => `coalesce(nullif(${json}, 'null'), '${empty}')`;
/** Returns an id of the metadata; an empty one counts as absent. */
const keyOf = (key: string) => `nullif(${orEmpty('b.metadata', '{}')} ->> '${key}', '')`;
const SENDER = `(b.sender ->> 'id')::uuid`;

/** Returns actions `g` (id, company_id, body and times) with the columns in which they are stored. */
const action = (given: string) => `
  select g.id, g.company_id, coalesce(b.sender_id, ${SENDER}) as sender_id, coalesce(${SENDER}, b.sender_id) as sender_user_id,
         b.notification_type, coalesce(b.priority, 'medium') as priority, b.title, b.message,
         ${orEmpty('b.metadata', '{}')} as metadata, ${keyOf('agent_id')} as agent_id, ${keyOf('query_id')} as query_id,
         b.action_url, b.expires_at::timestamptz(3) as expires_at, g.created_at, g.created_at as updated_at, g.accepted_at,
         g.queued_at, g.started_at, g.history, nullif(b.sender, 'null') as sender,
         ${orEmpty('b.recipients', '[]')} as people
    from ${given} g, ${BODY}`;

/**
 * Selects the new actions `a`. `is true` prevents a join: the planner expects one row where there are hundreds, and
 * would choose a nested loop.
 */
const WRITTEN = '(a.id in (select id from written)) is true';

/**
 * Writes action, recipients, directory and counters in one statement: one transaction and one round trip. Only actions
 * that `written` returns count; an action that existed before adds nothing.
 */
const write = (given: string, source: string, conflict: string) => `
  with ${given},
  action as (${action(source)}),
  written as (
    insert into agent_actions (${COLUMNS}) select ${COLUMNS} from action order by id ${conflict}
    returning id, company_id, sender_id, agent_id, notification_type, priority, status, created_at),
  addressed as (
    insert into agent_action_recipients (notification_id, user_id, id, company_id, position, created_at, notification_type, priority)
    select a.id, (p.value ->> 'id')::uuid, gen_random_uuid(), a.company_id, p.position, a.created_at, a.notification_type, a.priority
      from action a, jsonb_array_elements(a.people) with ordinality as p(value, position) where ${WRITTEN}
     order by a.id, 2
    returning company_id, user_id, created_at, notification_type, priority, status),
  people as (
    select distinct on (company_id, id) company_id, id, email, name
      from (select a.company_id, (p ->> 'id')::uuid as id, p ->> 'email' as email, p ->> 'name' as name, a.created_at
              from action a, jsonb_array_elements(case when a.sender is null then a.people else a.people || a.sender end) as p
             where ${WRITTEN}) named
     order by company_id, id, created_at desc),
  -- Entries that say nothing new are left out here: to conflict with one would lock it against every other writer.
  known as (
    insert into users as u (company_id, id, email, name)
    select company_id, id, email, name from people p
     where not exists (select from users k where k.company_id = p.company_id and k.id = p.id
                          and (p.email is null or p.email is not distinct from k.email)
                          and (p.name is null or p.name is not distinct from k.name))
     order by company_id, id
        on conflict (company_id, id) do update
       set email = coalesce(excluded.email, u.email), name = coalesce(excluded.name, u.name)),
  counters as (${count(`${countedActions('written')} union all ${countedRecipients('addressed')}`)})`;

/** $1 ids, $2 queued at, $3 started at. Moves actions from the outbox to the log; a second run finds none. */
const RECORD_OWED = `${write(
  `locked as (select id from outbox where id = any($1::uuid[]) and queue = 'agent-actions' order by id for update),
  taken as (
    delete from outbox o using locked l where o.id = l.id
    returning o.id, o.company_id, o.body, o.accepted_at as created_at, o.accepted_at, $2::timestamptz as queued_at,
              $3::timestamptz as started_at, o.history)`,
  'taken',
  '',
)} select company_id, created_at as accepted_at from written`;

/** $1 ids, $2 companies, $3 bodies, $4 queued at, $5 started at. */
const GIVEN = `given as (
    select id, company_id, body, queued_at as created_at, null::timestamptz as accepted_at, queued_at, started_at,
           '[]'::jsonb as history
      from unnest($1::uuid[], $2::uuid[], $3::jsonb[], $4::timestamptz[], $5::timestamptz[])
           as g(id, company_id, body, queued_at, started_at))`;

/** Writes actions from direct jobs. If such an action was given up earlier, its dead letter is removed. */
const RECORD_DIRECT = `${write(
  `${GIVEN}, fresh as (select * from given where not exists (select from outbox o where o.id = given.id)
                                        and exists (select from companies c where c.id = given.company_id))`,
  'fresh',
  'on conflict (id) do nothing',
)},
  cleared as (
    delete from dead_letters d using written w where d.correlation_id = w.id and d.company_id = w.company_id)
  select id, company_id from written`;

/** True when action `a` is identical to action `n` of the log. */
const SAME_ACTION = `
  (n.id, n.company_id, n.notification_type, n.priority, n.title, n.message, n.metadata)
    = (a.id, a.company_id, a.notification_type, a.priority, a.title, a.message, a.metadata)
  and (n.sender_id, n.sender_user_id, n.action_url, n.expires_at)
    is not distinct from (a.sender_id, a.sender_user_id, a.action_url, a.expires_at)
  and array(select r.user_id from agent_action_recipients r where r.notification_id = n.id order by 1)
    = array(select (p ->> 'id')::uuid from jsonb_array_elements(a.people) p order by 1)`;

/** Returns those of the given actions that are already in the log or in the outbox, identical in content. */
const FIND_TWINS = `
  with ${GIVEN}, action as (${action('given')})
  select a.id from action a
   where exists (select from agent_actions n where ${SAME_ACTION})
      or exists (select from outbox o join given g using (id)
                  where o.id = a.id and o.company_id = g.company_id and o.body = g.body)`;

/** $1 id. Removes an action from the outbox if an identical one is already in the log. */
const LEAVE_TWIN = `
  with owed as (select *, accepted_at as created_at, now() as started_at from outbox where id = $1),
  action as (select * from (${action(
    `(select id, company_id, body, created_at, accepted_at, queued_at, started_at, history from owed)`,
  )}) one),
  twin as (select a.id from action a, agent_actions n where ${SAME_ACTION})
  delete from outbox o using twin where o.id = twin.id returning o.id`;

/** Statements that write agent actions to the log, with recipients and counters. */
export const ACTION_STATEMENTS: MessageStatements = {
  moveOwed: RECORD_OWED,
  leaveTwin: LEAVE_TWIN,
  writeDirect: RECORD_DIRECT,
  findTwins: FIND_TWINS,
};
