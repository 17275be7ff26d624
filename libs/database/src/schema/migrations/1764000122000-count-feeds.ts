import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds what `changes` say (rows of the messages' columns and `n`) to the counters, in the order of their keys. */
const counting = (changes: string) => `
  begin
    insert into feed_counters as counter (company_id, login, tab, shard, unread, unseen)
    select company_id, recipient_login, tab, pg_backend_pid() % 16, sum(n), coalesce(sum(n) filter (where seen_at is null), 0)
      from (${changes}) changed where status = 'unread'
     group by company_id, recipient_login, tab
    having sum(n) <> 0 or sum(n) filter (where seen_at is null) <> 0
     order by company_id, recipient_login, tab
        on conflict (company_id, login, tab, shard) do update
       set unread = counter.unread + excluded.unread, unseen = counter.unseen + excluded.unseen;
    return null;
  end`;

const COLUMNS = 'company_id, recipient_login, tab, status, seen_at';
const added = `select ${COLUMNS}, 1 as n from added`;
const removed = `select ${COLUMNS}, -1 as n from removed`;

/** The triggers, each with the rows that it is given and what it counts. */
const TRIGGERS = {
  insert: { referencing: 'new table as added', changes: added },
  update: { referencing: 'old table as removed new table as added', changes: `${added} union all ${removed}` },
  delete: { referencing: 'old table as removed', changes: removed },
};

/**
 * When the recipient saw a message, and how many are unread and unseen. Triggers keep both, so that the versions of
 * services that run beside each other count alike, and no role but the owner's may change a counter.
 */
export class CountFeeds1764000122000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table feed_messages add column seen_at timestamptz(3);
      grant update (seen_at) on feed_messages to herald_delivery;

      -- A message that was read counts as seen.
      create function note_seen() returns trigger language plpgsql
        as $$ begin new.seen_at := coalesce(old.read_at, now()); return new; end $$;
      create trigger feed_messages_seen before update on feed_messages for each row
        when (new.seen_at is null and (new.status <> 'unread' or old.status <> 'unread')) execute function note_seen();

      -- Counters of one key lie in several rows (shard), so that writers do not queue up for one; the sum of the rows is
      -- the figure, one row may be below 0.
      create table feed_counters (
        company_id uuid not null,
        login text not null,
        tab text not null,
        shard smallint not null,
        unread bigint not null default 0,
        unseen bigint not null default 0,
        primary key (company_id, login, tab, shard)
      ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
      alter table feed_counters enable row level security;
      create policy gateway_reads on feed_counters for select to herald_gateway
        using (company_id = nullif(current_setting('herald.company', true), '')::uuid);
      grant select on feed_counters to herald_gateway`);
    for (const [operation, { referencing, changes }] of Object.entries(TRIGGERS)) {
      await runner.query(`
        create function count_feed_${operation}() returns trigger
          language plpgsql security definer set search_path = public, pg_temp as $$ ${counting(changes)} $$;
        create trigger feed_messages_count_${operation} after ${operation} on feed_messages
          referencing ${referencing} for each statement execute function count_feed_${operation}()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const operation of Object.keys(TRIGGERS)) {
      await runner.query(`
        drop trigger feed_messages_count_${operation} on feed_messages;
        drop function count_feed_${operation}`);
    }
    await runner.query(`
      drop trigger feed_messages_seen on feed_messages;
      drop function note_seen;
      drop table feed_counters;
      revoke update (seen_at) on feed_messages from herald_delivery;
      alter table feed_messages drop column seen_at`);
  }
}
