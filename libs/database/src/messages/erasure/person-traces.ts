import { count, COUNTER_CELLS, countedActions, countedRecipients } from '../../agent-actions/action-counters.js';
import { jobsFrom, type Trace } from './erasure.js';

/**
 * $1 company, $2 id in the directory, $3 login; $2 or $3 may be null, which matches nothing. $4 is the login as ASCII
 * JSON.
 */
const person = `person as (
  select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted, $4::text as ascii)`;
const find = (rows: string) => `with ${person} ${rows}`;
/** $5 ids. */
const erase = (change: string) => `with ${person}, chosen as (select unnest($5::text[])::uuid as id) ${change}`;

const CHOSEN = '(select id from chosen)';
const OF_MESSAGE = `p.login in (o.body -> 'message' ->> 'authorLogin', o.body -> 'message' ->> 'recipientLogin')`;
const OF_ACTION = `(p.user_id::text in (lower(o.body -> 'sender' ->> 'id'), lower(o.body ->> 'sender_id'))
  or o.body @? '$.recipients[*]' and exists (
    select from jsonb_path_query(o.body, '$.recipients[*]') r where lower(r ->> 'id') = p.user_id::text))`;

/** Searches content: a job's data or a body as text, compact or as Postgres writes JSON, or unreadable text. */
const HOLDS = (before: string) =>
  `(position('${before}' || p.quoted in replace(d.content, '": ', '":')) > 0
    or position('${before}' || p.ascii in replace(d.content, '": ', '":')) > 0)`;
const OF_COMPANY = `(d.company_id = p.company_id or d.company_id is null and position(p.company_id::text in lower(d.content)) > 0)`;
/** Content that names no company is matched by the person alone. */
const OF_NOBODY = `(d.company_id is null and d.queue in ('delivery', 'agent-actions') and not exists (
  select from companies c where position(c.id::text in lower(d.content)) > 0))`;
const OF_PERSONS_JOB = `(
  position(p.user_id::text in lower(d.content)) > 0 and (${OF_COMPANY} or ${OF_NOBODY})
  or (${['authorLogin', 'recipientLogin', 'login'].map((field) => HOLDS(`"${field}":`)).join(' or ')}) and ${OF_COMPANY}
  or ${HOLDS('')} and ${OF_NOBODY})`;

/** Jobs in Redis are searched like dead letters. */
export const FIND_PERSONS_JOBS = find(`select d.id from ${jobsFrom(5)} d, person p where ${OF_PERSONS_JOB}`);

const OF_PERSON = `c.company_id = p.company_id and c.scope in ('user', 'sender') and c.scope_id = p.user_id::text`;
const OF_FEED = 'c.company_id = p.company_id and c.login = p.login';
const COUNTER_KEY = ['company_id', 'scope', 'scope_id', 'grain', 'starts_at', 'notification_type'];
const KEY_OF = (alias: string) => COUNTER_KEY.map((column) => `${alias}.${column}`).join(', ');
const EMPTY = (rows: string, condition: string) => `
  select ${KEY_OF('c')} from ${rows} where ${condition}
   group by ${KEY_OF('c')}
  having ${COUNTER_CELLS.map(({ column }) => `sum(c.${column}) = 0`).join(' and ')}`;

const owed = (queue: string, condition: string) =>
  find(`select o.id::text as id from outbox o, person p
         where o.company_id = p.company_id and o.queue = '${queue}' and ${condition}`);

/** Ordered as messages move, so that a message that moves meanwhile is found in its next place. */
export const PERSON_TRACES: Trace[] = [
  {
    name: 'kept answers',
    find: find(`
      select r.id::text as id from requests r join feed_messages f on f.id::text = r.verdict ->> 'id', person p
       where f.company_id = p.company_id and p.login in (f.author_login, f.recipient_login)
      union
      select r.id::text from requests r join agent_actions a on a.id::text = r.verdict ->> 'notification_id', person p
       where a.company_id = p.company_id and r.verdict ->> 'user_id' = p.user_id::text`),
    erase: erase(`delete from requests where id in ${CHOSEN}`),
  },
  {
    name: 'owed messages',
    find: owed('delivery', OF_MESSAGE),
    erase: erase(`delete from outbox where id in ${CHOSEN}`),
  },
  {
    name: 'owed actions',
    find: owed('agent-actions', OF_ACTION),
    erase: erase(`
      update outbox o
         set body = o.body - case when lower(o.body -> 'sender' ->> 'id') = p.user_id::text then 'sender' else '' end
                           - case when lower(o.body ->> 'sender_id') = p.user_id::text then 'sender_id' else '' end
                  || jsonb_build_object('recipients', coalesce(
                       (select jsonb_agg(r) from jsonb_path_query(o.body, '$.recipients[*]') r
                         where lower(r ->> 'id') <> p.user_id::text), '[]'))
        from person p where o.id in ${CHOSEN}`),
  },
  {
    name: 'messages of the feed',
    find: find(`select f.id::text as id from feed_messages f, person p
                 where f.company_id = p.company_id and f.recipient_login = p.login
                union
                select f.id::text from feed_messages f, person p
                 where f.company_id = p.company_id and f.author_login = p.login`),
    erase: erase(`delete from feed_messages where id in ${CHOSEN}`),
  },
  {
    name: 'dead letters',
    find: find(`select d.id::text as id from dead_letters d, person p where ${OF_PERSONS_JOB}`),
    erase: `with ${person} delete from dead_letters where id = any($5::text[]::bigint[])`,
  },
  {
    name: 'actions received',
    find: find(`select r.notification_id::text as id from agent_action_recipients r, person p
                 where r.company_id = p.company_id and r.user_id = p.user_id`),
    locksActions: true,
    erase: erase(`,
      gone as (
        delete from agent_action_recipients r using chosen c, person p
         where r.notification_id = c.id and r.user_id = p.user_id returning r.*),
      derived as (
        select g.notification_id as id,
               case when count(r) = 0 then 'unread' when bool_and(r.status = 'archived') then 'archived'
                    when bool_and(r.status <> 'unread') then 'read' else 'unread' end as status
          from gone g left join agent_action_recipients r
            on r.notification_id = g.notification_id and r.user_id <> g.user_id
         group by g.notification_id),
      before as (select a.id, a.status from agent_actions a join gone g on g.notification_id = a.id),
      action as (
        update agent_actions a set status = d.status from derived d join before b using (id)
         where a.id = d.id and a.status <> d.status
        returning a.company_id, a.agent_id, a.sender_id, a.created_at, a.notification_type, a.priority, a.status,
                  b.status as before_status)
      ${count(`${countedRecipients('gone', 'status', '-1')} union all
               ${countedActions('action', 'before_status', '-1')} union all ${countedActions('action')}`)}`),
  },
  {
    name: 'actions sent',
    find: find(`select a.id::text as id from agent_actions a, person p
                 where a.company_id = p.company_id and p.user_id in (a.sender_id, a.sender_user_id)`),
    locksActions: true,
    erase: erase(`,
      sent as (
        select a.company_id, 'sender' as scope, a.sender_id::text as scope_id, a.created_at, a.notification_type,
               a.priority, a.status, -1 as n
          from agent_actions a join chosen c using (id), person p where a.sender_id = p.user_id),
      changed as (
        update agent_actions a
           set sender_id = nullif(a.sender_id, p.user_id), sender_user_id = nullif(a.sender_user_id, p.user_id)
          from chosen c, person p where a.id = c.id)
      ${count('select * from sent')}`),
  },
  {
    // Counters that are 0 still contain the person's id. The lock makes concurrent additions visible.
    name: 'emptied figures',
    find: find(`select distinct scope as id from (${EMPTY('agent_action_counters c, person p', OF_PERSON)}) e`),
    erase: `
      with ${person}, locked as (
        select c.* from agent_action_counters c, person p where ${OF_PERSON} and c.scope = any($5::text[])
         order by ${KEY_OF('c')}, c.shard for update of c),
      empty as (${EMPTY('locked c', 'true')})
      delete from agent_action_counters c using locked l join empty e using (${COUNTER_KEY.join(', ')})
       where (${KEY_OF('c')}, c.shard)
           = (${KEY_OF('e')}, l.shard)`,
  },
  {
    // As above, with the person's login.
    name: 'emptied feed figures',
    find: find(`select c.tab as id from feed_counters c, person p where ${OF_FEED}
                 group by c.tab having sum(c.unread) = 0 and sum(c.unseen) = 0`),
    erase: `
      with ${person}, locked as (
        select c.* from feed_counters c, person p where ${OF_FEED} and c.tab = any($5::text[])
         order by c.tab, c.shard for update of c),
      empty as (select tab from locked group by tab having sum(unread) = 0 and sum(unseen) = 0)
      delete from feed_counters c using locked l join empty e using (tab)
       where (c.company_id, c.login, c.tab, c.shard) = (l.company_id, l.login, l.tab, l.shard)`,
  },
  {
    name: 'directory entries',
    find: find(`select u.id::text as id from users u, person p
                 where u.company_id = p.company_id and (u.id = p.user_id or u.login = p.login)`),
    erase: erase(`delete from users u using person p where u.company_id = p.company_id and u.id in ${CHOSEN}`),
  },
];
