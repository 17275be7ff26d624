import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Requests, outbox and dead letters, the feed, and the view with the place of each message. */
export class CreateDelivery1764000001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table requests (
        id uuid primary key,
        body_hash bytea not null,
        verdict jsonb,
        created_at timestamptz(3) not null default now()
      );
      create index requests_created_at on requests (created_at);

      create table outbox (
        id uuid primary key,
        queue text not null,
        job text not null,
        company_id uuid not null,
        body jsonb not null,
        accepted_at timestamptz(3) not null,
        job_id uuid,
        queued_at timestamptz(3),
        alone boolean not null default false,
        lane smallint not null default 1,
        history jsonb not null default '[]'
      ) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
      create index outbox_unpublished on outbox (queue, company_id, lane, accepted_at, id) where job_id is null;
      create index outbox_published on outbox (queue, queued_at, job_id) where job_id is not null;

      create table dead_letters (
        id bigint generated always as identity primary key,
        job_key text,
        correlation_id uuid,
        queue text not null,
        job text not null,
        company_id uuid,
        content text not null,
        error text not null,
        accepted_at timestamptz(3),
        queued_at timestamptz(3),
        given_up_at timestamptz(3) not null default now(),
        history jsonb not null default '[]'
      );
      create unique index dead_letters_job on dead_letters (queue, job_key) where job_key is not null;
      create index dead_letters_correlation_id on dead_letters (correlation_id);
      create index dead_letters_company on dead_letters (company_id, given_up_at);
      create index dead_letters_given_up_at on dead_letters (given_up_at);

      create table feed_messages (
        id uuid primary key,
        company_id uuid not null,
        tab text not null default 'ai',
        title text not null,
        body text not null,
        author_login text not null,
        recipient_login text not null,
        question text,
        metadata jsonb not null,
        status text not null default 'unread' check (status in ('unread', 'read', 'archived')),
        read_at timestamptz(3),
        created_at timestamptz(3) not null,
        delivered_at timestamptz(3) not null default now(),
        accepted_at timestamptz(3),
        queued_at timestamptz(3) not null,
        started_at timestamptz(3) not null,
        history jsonb not null default '[]'
      );
      create index feed_messages_recipient on feed_messages (company_id, recipient_login, created_at, id);
      create index feed_messages_author on feed_messages (company_id, author_login, created_at, id);
      create index feed_messages_unread on feed_messages (company_id, recipient_login, created_at, id)
        where status = 'unread';

      -- An acknowledged id is in exactly one of these places at any moment.
      create view message_places with (security_invoker = true) as
        select id as correlation_id, company_id, queue, case when job_id is null then 'accepted' else 'queued' end as state,
               accepted_at, queued_at, null::timestamptz as started_at, null::timestamptz as ended_at,
               history, null::text as error, job_id
          from outbox
        union all
        select id, company_id, 'delivery', 'delivered', accepted_at, queued_at, started_at, delivered_at, history, null, null
          from feed_messages
        union all
        select correlation_id, company_id, queue, 'given_up', accepted_at, queued_at, null, given_up_at, history, error, null
          from dead_letters;
    `);
    await runner.query(`
      grant select, insert on requests to herald_gateway;
      grant select, insert, update on requests to herald_delivery;

      -- The gateway accepts for any company, reads for the company at hand, and feeds queues for all of them.
      alter table outbox enable row level security;
      create policy gateway_accepts on outbox for insert to herald_gateway with check (true);
      create policy gateway_reads on outbox for select to herald_gateway
        using (company_id = nullif(current_setting('herald.company', true), '')::uuid
               or current_setting('herald.feeding', true) = 'on');
      create policy gateway_feeds on outbox for update to herald_gateway
        using (current_setting('herald.feeding', true) = 'on');
      grant select, insert on outbox to herald_gateway;
      grant update (job_id, queued_at, alone) on outbox to herald_gateway;
      create policy delivery_takes on outbox to herald_delivery
        using (queue = 'delivery') with check (queue = 'delivery');
      grant select, insert, delete on outbox to herald_delivery;
      grant update (job_id, queued_at, alone, history) on outbox to herald_delivery;
      create policy ops_reads on outbox for select to herald_ops using (true);
      create policy ops_replays on outbox for insert to herald_ops with check (true);
      grant select, insert on outbox to herald_ops;

      alter table dead_letters enable row level security;
      create policy gateway_reads on dead_letters for select to herald_gateway
        using (company_id = nullif(current_setting('herald.company', true), '')::uuid);
      grant select on dead_letters to herald_gateway;
      create policy delivery_gives_up on dead_letters to herald_delivery
        using (queue = 'delivery') with check (queue = 'delivery');
      grant select, insert, delete on dead_letters to herald_delivery;
      create policy ops_owns on dead_letters to herald_ops using (true) with check (true);
      grant select, delete on dead_letters to herald_ops;

      alter table feed_messages enable row level security;
      create policy gateway_reads on feed_messages for select to herald_gateway
        using (company_id = nullif(current_setting('herald.company', true), '')::uuid);
      grant select on feed_messages to herald_gateway;
      create policy delivery_owns on feed_messages to herald_delivery using (true) with check (true);
      grant select, insert on feed_messages to herald_delivery;
      grant update (status, read_at) on feed_messages to herald_delivery;

      grant select on message_places to herald_gateway;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop view message_places;
      drop table feed_messages;
      drop table dead_letters;
      drop table outbox;
      drop table requests;
    `);
  }
}
