import type { MessageStatements } from '../messages/message-statements.js';

const COLUMNS = `id, company_id, title, body, author_login, recipient_login, question, metadata,
  created_at, accepted_at, queued_at, started_at, history`;
const MESSAGE = 'm(title text, body text, "authorLogin" text, "recipientLogin" text, question text)';
/** Metadata that is absent or null is an empty object. */
const METADATA = (body: string) => `coalesce(nullif(${body} -> 'metadata', 'null'), '{}')`;

/**
 * $1 ids, $2 queued at, $3 started at. Moves messages from the outbox to the feed in one statement. A concurrent second
 * run finds no outbox row.
 */
const MOVE_OWED = `
  with taken as (delete from outbox where id = any($1::uuid[]) and queue = 'delivery' returning *)
  insert into feed_messages (${COLUMNS})
  select t.id, t.company_id, m.title, m.body, m."authorLogin", m."recipientLogin", m.question, ${METADATA('t.body')},
         t.accepted_at, t.accepted_at, $2, $3, t.history
    from taken t, jsonb_to_record(t.body -> 'message') as ${MESSAGE}
  returning accepted_at, company_id, recipient_login, author_login`;

/** True when feed row `f` equals the message in `g`: the same company and content. */
const SAME_MESSAGE = `f.company_id = g.company_id and f.title = m.title and f.body = m.body
  and f.author_login = m."authorLogin" and f.recipient_login = m."recipientLogin"
  and f.question is not distinct from m.question and f.metadata = ${METADATA('g.body')}`;

/** $1 ids, $2 companies, $3 bodies, $4 queued at, $5 started at. */
const GIVEN = `unnest($1::uuid[], $2::uuid[], $3::jsonb[], $4::timestamptz[], $5::timestamptz[])
  as g(id, company_id, body, queued_at, started_at), jsonb_to_record(g.body -> 'message') as ${MESSAGE}`;

/** Inserts messages that came straight from the queue. A message that was given up earlier leaves the dead letters. */
const PLACE_DIRECT = `
  with placed as (
    insert into feed_messages (${COLUMNS})
    select g.id, g.company_id, m.title, m.body, m."authorLogin", m."recipientLogin", m.question, ${METADATA('g.body')},
           g.queued_at, null, g.queued_at, g.started_at, '[]'
      from ${GIVEN}
     where not exists (select from outbox o where o.id = g.id)
       and exists (select from companies c where c.id = g.company_id)
        on conflict (id) do nothing
    returning id, company_id, recipient_login, author_login),
  cleared as (
    delete from dead_letters d using placed p where d.correlation_id = p.id and d.company_id = p.company_id)
  select * from placed`;

/** Returns those of the given messages that are already in the feed or in the outbox, identical in content. */
const FIND_TWINS = `
  select g.id from ${GIVEN}
   where exists (select from feed_messages f where f.id = g.id and ${SAME_MESSAGE})
      or exists (select from outbox o where o.id = g.id and o.company_id = g.company_id and o.body = g.body)`;

/** $1 id. Removes a message from the outbox if an identical one is already in the feed. */
const LEAVE_TWIN = `
  with twin as (select g.id from outbox g, jsonb_to_record(g.body -> 'message') as ${MESSAGE}, feed_messages f
                 where g.id = $1 and f.id = g.id and ${SAME_MESSAGE})
  delete from outbox o using twin where o.id = twin.id returning o.id`;

/** Statements that write messages to the feed. */
export const FEED_STATEMENTS: MessageStatements = {
  moveOwed: MOVE_OWED,
  leaveTwin: LEAVE_TWIN,
  writeDirect: PLACE_DIRECT,
  findTwins: FIND_TWINS,
};
