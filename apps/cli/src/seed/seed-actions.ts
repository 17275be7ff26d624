import { count, countedActions, countedRecipients, countUses, type Database } from '@herald/database';

export interface SeedOptions {
  companyId: string;
  actions: number;
  /** The actions are spread over this many days until now, with more of them recently. */
  days: number;
  /** Called after each chunk with the number of written actions. */
  onProgress?: (done: number) => void;
}

/** Each chunk is one transaction, which takes much less than the statement timeout. */
const CHUNK = 5_000;
const AGENTS = 40;
const USERS = 200;

/** The id of an agent or user. It depends only on the number, in every run and company. */
const uuidOf = (kind: string, number: string) => `md5('${kind} ' || ${number})::uuid`;
/** A random element of `values`; earlier ones are more likely. */
const oneOf = (random: string, values: string[]) =>
  `(array[${values.map((value) => `'${value}'`).join(', ')}])[1 + floor(power(${random}, 1.7) * ${values.length})::int]`;

const DIRECTORY = `
  insert into users (company_id, id, email, name)
  select $1::uuid, ${uuidOf('agent', 'n')}, 'agent' || n || '@example.com', 'Agent ' || n from generate_series(1, ${AGENTS}) n
  union all
  select $1::uuid, ${uuidOf('user', 'n')}, 'user' || n || '@example.com', 'User ' || n from generate_series(1, ${USERS}) n
      on conflict (company_id, id) do nothing`;

/**
 * Parameters: $1 company, $2 size of the chunk, $3 days, $4 actions written before, $5 actions in all. Actions are
 * inserted in order of time, so that a chunk updates the counters of few days. Older ones are more often read or
 * archived.
 */
const WRITE = `
  with dice as materialized (
    select gen_random_uuid() as id, power(1 - ($4::int + random() * $2) / $5::int, 1.3) as age, random() as type_die, random() as priority_die,
           floor(random() * random() * ${AGENTS})::int + 1 as agent, (($4::int + random() * $2) / 4)::int as query,
           floor(random() * 4)::int as recipients
      from generate_series(1, $2::int)),
  action as (
    select *, (date_trunc('milliseconds', now() - age * $3::int * interval '1 day'))::timestamptz(3) as at,
           ${oneOf('type_die', ['agent_action', 'tool_usage', 'api_call', 'email_sent', 'slack_message', 'system'])} as type,
           ${oneOf('priority_die', ['medium', 'low', 'high', 'urgent'])} as priority,
           ${uuidOf('agent', 'agent')} as agent_uuid
      from dice),
  person as (
    select a.id, a.at, a.type, a.priority, u.user_id, u.position,
           case when random() > a.age * 1.6 then 'unread' when random() < 0.8 then 'read' else 'archived' end as status
      from action a, lateral (
        select ${uuidOf('user', `(1 + (agent * 31 + query * 7 + position * 67) % ${USERS})`)} as user_id, position
          from generate_series(1, recipients) as position) u),
  derived as (
    select id, case when bool_and(status = 'archived') then 'archived' when bool_and(status <> 'unread') then 'read'
                    else 'unread' end as status from person group by id),
  written as (
    insert into agent_actions (id, company_id, sender_id, sender_user_id, notification_type, priority, status, title, message,
                               metadata, agent_id, query_id, created_at, updated_at, recorded_at, queued_at, started_at)
    select id, $1::uuid, agent_uuid, agent_uuid, type, priority, coalesce(d.status, 'unread'), 'Agent ' || agent || ': ' || type,
           'Seeded action for query ' || query,
           jsonb_build_object('agent_id', agent_uuid, 'query_id', ${uuidOf('query', 'query')}, 'action_type', type,
                              'tool_used', ${oneOf('type_die', ['crm', 'email_tool', 'slack', 'billing', 'search'])},
                              'execution_time', round((power(priority_die, 3) * 20)::numeric, 1) || 's'),
           agent_uuid::text, ${uuidOf('query', 'query')}::text, at, at, at, at, at
      from action left join derived d using (id)
    returning id, company_id, sender_id, agent_id, notification_type, priority, status, created_at),
  addressed as (
    insert into agent_action_recipients (notification_id, user_id, id, company_id, position, created_at, notification_type,
                                         priority, status, read_at)
    select id, user_id, gen_random_uuid(), $1::uuid, position, at, type, priority, status,
           case when status <> 'unread' then at + interval '1 hour' end
      from person
        on conflict (notification_id, user_id) do nothing
    returning company_id, user_id, created_at, notification_type, priority, status)
  ${count(`${countedActions('written')} union all ${countedRecipients('addressed')}`)}`;

/** Adds actions to a company, with agents, users and counters, in set-based statements. */
export async function seedActions(
  database: Database,
  { companyId, actions, days, onProgress }: SeedOptions,
): Promise<void> {
  await database.query(DIRECTORY, [companyId]);
  onProgress?.(0);
  for (let done = 0; done < actions;) {
    const chunk = Math.min(CHUNK, actions - done);
    await database.query(WRITE, [companyId, chunk, days, done, actions]);
    while (await database.transaction(countUses));
    done += chunk;
    onProgress?.(done);
  }
  await database.query(
    'analyze agent_actions, agent_action_recipients, agent_action_counters, agent_action_uses, users',
  );
}
