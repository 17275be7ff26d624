import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The possible places of a message: owed, delivered to a product's table, or given up. */
const placesView = (done: string) => `
  create or replace view message_places with (security_invoker = true) as
    select id as correlation_id, company_id, queue, case when job_id is null then 'accepted' else 'queued' end as state,
           accepted_at, queued_at, null::timestamptz as started_at, null::timestamptz as ended_at,
           history, null::text as error, job_id
      from outbox
    union all
    ${done}
    union all
    select correlation_id, company_id, queue, 'given_up', accepted_at, queued_at, null, given_up_at, history, error, null
      from dead_letters`;

const FEED = `
    select id, company_id, 'delivery', 'delivered', accepted_at, queued_at, started_at, delivered_at, history, null, null
      from feed_messages`;
const ACTIONS = `
    select id, company_id, 'agent-actions', 'delivered', accepted_at, queued_at, started_at, recorded_at, history, null, null
      from agent_actions`;

/** One counter for each status and priority. */
const CELLS = ['unread', 'read', 'archived'].flatMap((status) =>
  ['low', 'medium', 'high', 'urgent'].map((priority) => `${status}_${priority}`),
);

/** The log of agents' actions: actions, recipients, counters, and the company's directory for names. */
export class CreateAgentActions1764000002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table agent_actions (
        id uuid primary key,
        company_id uuid not null constraint agent_actions_company_id_fkey references companies on delete cascade,
        sender_id uuid,
        sender_user_id uuid,
        notification_type text not null,
        priority text not null check (priority in ('low', 'medium', 'high', 'urgent')),
        status text not null default 'unread' check (status in ('unread', 'read', 'archived')),
        title text not null,
        message text not null,
        metadata jsonb not null,
        agent_id text,
        query_id text,
        action_url text,
        expires_at timestamptz(3),
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null,
        recorded_at timestamptz(3) not null default now(),
        accepted_at timestamptz(3),
        queued_at timestamptz(3) not null,
        started_at timestamptz(3) not null,
        history jsonb not null default '[]'
      );
      create index agent_actions_newest on agent_actions (company_id, created_at, id);
      create index agent_actions_type on agent_actions (company_id, notification_type, created_at, id);
      create index agent_actions_priority on agent_actions (company_id, priority, created_at, id);
      create index agent_actions_status on agent_actions (company_id, status, created_at, id);
      create index agent_actions_agent on agent_actions (company_id, agent_id, created_at, id) where agent_id is not null;
      create index agent_actions_query on agent_actions (company_id, query_id, created_at, id) where query_id is not null;
      create index agent_actions_sender on agent_actions (company_id, sender_id, created_at, id)
        where sender_id is not null;

      -- Type, priority and time of the action are copied: a user's list is read from this table's indexes alone.
      create table agent_action_recipients (
        notification_id uuid not null
          constraint agent_action_recipients_notification_id_fkey references agent_actions on delete cascade,
        user_id uuid not null,
        id uuid not null,
        company_id uuid not null,
        position smallint not null,
        created_at timestamptz(3) not null,
        notification_type text not null,
        priority text not null,
        status text not null default 'unread' check (status in ('unread', 'read', 'archived')),
        read_at timestamptz(3),
        primary key (notification_id, user_id)
      );
      create index agent_action_recipients_user on agent_action_recipients
        (company_id, user_id, created_at, notification_id, notification_type, priority, status);
      create index agent_action_recipients_status on agent_action_recipients
        (company_id, user_id, status, created_at, notification_id, notification_type, priority);

      -- How many actions there are, by whom they concern and when they were created. Counters of one key lie in several
      -- rows (shard), so that writers do not queue up for one; the sum of the rows is the figure, one row may be below 0.
      create table agent_action_counters (
        company_id uuid not null,
        scope text not null check (scope in ('company', 'agent', 'sender', 'user')),
        scope_id text not null,
        grain text not null check (grain in ('all', 'day', 'hour')),
        starts_at timestamptz(0) not null,
        notification_type text not null,
        shard smallint not null,
        ${CELLS.map((cell) => `${cell} bigint not null default 0`).join(', ')},
        primary key (company_id, scope, scope_id, grain, starts_at, notification_type, shard)
      ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
    `);
    await runner.query(placesView(`${FEED} union all ${ACTIONS}`));
    await runner.query(`
      grant select, insert, update on requests to herald_agent_actions;
      create policy agent_actions_takes on outbox to herald_agent_actions
        using (queue = 'agent-actions') with check (queue = 'agent-actions');
      grant select, insert, delete on outbox to herald_agent_actions;
      grant update (job_id, queued_at, alone, history) on outbox to herald_agent_actions;
      create policy agent_actions_gives_up on dead_letters to herald_agent_actions
        using (queue = 'agent-actions') with check (queue = 'agent-actions');
      grant select, insert, delete on dead_letters to herald_agent_actions;

      create policy agent_actions_keeps on users to herald_agent_actions using (true) with check (true);
      grant select, insert on users to herald_agent_actions;
      grant update (email, name) on users to herald_agent_actions;
    `);
    for (const [table, updatable] of Object.entries(OWN_TABLES)) {
      await runner.query(`
        alter table ${table} enable row level security;
        create policy gateway_reads on ${table} for select to herald_gateway
          using (company_id = nullif(current_setting('herald.company', true), '')::uuid);
        grant select on ${table} to herald_gateway;
        create policy agent_actions_owns on ${table} to herald_agent_actions using (true) with check (true);
        grant select, insert, update (${updatable}) on ${table} to herald_agent_actions`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    // The view's columns stay, so it is replaced in place and keeps its grants.
    await runner.query(placesView(FEED));
    await runner.query(`
      drop table agent_action_counters;
      drop table agent_action_recipients;
      drop table agent_actions;
      revoke all on requests, outbox, dead_letters, users from herald_agent_actions;
      drop policy agent_actions_takes on outbox;
      drop policy agent_actions_gives_up on dead_letters;
      drop policy agent_actions_keeps on users;
      revoke update (job_id, queued_at, alone, history) on outbox from herald_agent_actions;
      revoke update (email, name) on users from herald_agent_actions;
    `);
  }
}

/** The product's tables, and the grants of its worker. */
const OWN_TABLES = {
  agent_actions: 'status, updated_at',
  agent_action_recipients: 'status, read_at',
  agent_action_counters: CELLS.join(', '),
};
