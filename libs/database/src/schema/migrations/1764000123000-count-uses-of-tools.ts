import type { MigrationInterface, QueryRunner } from 'typeorm';

const KEY = ['company_id', 'grain', 'starts_at', 'agent_id', 'tool', 'notification_type'];
const PRIORITIES = ['low', 'medium', 'high', 'urgent'];
const [FIRST, LAST] = ['0', 'f'].map((digit) => '00000000-0000-0000-0000-000000000000'.replaceAll('0', digit));

const same = (a: string, b: string) => KEY.map((column) => `${a}.${column} = ${b}.${column}`).join(' and ');
const each = (ofPriority: (priority: string) => string) => PRIORITIES.map(ofPriority).join(', ');

/** Takes the time of the last action from the parts of a grain: the actions of a long time are not looked at. */
const lastOf = (grain: string, part: string, within: string) => `
              update agent_action_uses u
                 set last_at = (select max(part.last_at) from agent_action_uses part
                                 where part.grain = '${part}' ${within}
                                   and ${KEY.filter((column) => !['grain', 'starts_at'].includes(column))
                                     .map((column) => `part.${column} = u.${column}`)
                                     .join(' and ')})
                from uses_of(gone, 1) g where u.grain = '${grain}' and ${same('u', 'g')} and u.last_at = g.last_at;`;

const isCounted = (action: string) => `(${action}.listed or ${action}.id <= backfilled_to) and not exists (
  select from agent_action_uncounted n where n.company_id = ${action}.company_id and ${action}.id = any(n.ids))`;

/**
 * Counts actions by agent, tool and type, with their execution times. Recording an action only lists its id, in a
 * trigger, so that the version before counts too; the worker counts what is listed, and the actions of before. A removal
 * subtracts at once. Everyone who changes the uses holds the row of `agent_action_uses_progress`.
 */
export class CountUsesOfTools1764000123000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table agent_action_uses (
        company_id uuid not null,
        grain text not null constraint agent_action_uses_grain_check check (grain in ('all', 'day', 'hour')),
        starts_at timestamptz(0) not null,
        agent_id text not null,
        tool text not null,
        notification_type text not null,
        ${each((priority) => `${priority} bigint not null default 0`)},
        times jsonb not null default '{}',
        last_at timestamptz(3) not null,
        primary key (${KEY.join(', ')})
      ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

      create table agent_action_uncounted (
        company_id uuid not null,
        id uuid not null,
        ids uuid[] not null,
        primary key (company_id, id)
      ) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

      create table agent_action_uses_progress (
        id smallint primary key default 1 constraint agent_action_uses_progress_id_check check (id = 1),
        counted_to uuid not null
      );

      create function tool_of(metadata jsonb) returns text language sql immutable parallel safe
        as $$
          select case when jsonb_typeof(metadata -> 'tool_used') in ('string', 'number')
                      then left(metadata ->> 'tool_used', 200) else '' end
        $$;

      -- The bucket b holds more than 1.1^(b - 1) and up to 1.1^b milliseconds, 0 holds up to 1 ms, and -1 what nobody
      -- understands. Numerics neither overflow nor underflow, whatever the metadata hold.
      create function time_bucket_of(metadata jsonb) returns integer language plpgsql immutable parallel safe
        as $$
          declare
            given jsonb := metadata -> 'execution_time';
            word text := metadata ->> 'execution_time';
            seconds numeric;
          begin
            case jsonb_typeof(given)
              when 'number' then seconds := given::numeric;
              when 'string' then
                if word ~ '^\\d{1,9}(?:\\.\\d{1,9})?(?: ?(?:ms|s))?$' then
                  seconds := rtrim(word, ' ms')::numeric / case when word like '%ms' then 1000 else 1 end;
                end if;
              else if word is null then return null; end if;
            end case;
            if seconds is null or seconds < 0 or seconds > 1000000 then return -1; end if;
            if seconds <= 0.001 then return 0; end if;
            return ceil(ln(seconds::float8 * 1000) / ln(1.1::float8));
          end
        $$;

      create function add_times(a jsonb, b jsonb) returns jsonb language sql immutable parallel safe
        as $$
          select coalesce(jsonb_object_agg(bucket, n), '{}')
            from (select key as bucket, sum(value::bigint) as n
                    from (select * from jsonb_each_text(a) union all select * from jsonb_each_text(b)) as times
                   group by key having sum(value::bigint) <> 0) as added
        $$;

      create function uses_of(actions agent_actions[], weight integer) returns setof agent_action_uses language sql stable
        as $$
          with facts as materialized (
            select a.company_id, a.created_at, coalesce(a.agent_id, '') as agent_id, tool_of(a.metadata) as tool,
                   a.notification_type, a.priority, time_bucket_of(a.metadata) as bucket
              from unnest(actions) a),
          counted as (
            select company_id, grain, starts_at, agent_id, tool, notification_type, priority, bucket, count(*) * weight as n,
                   max(created_at) as last_at
              from facts, lateral (values ('all', '-infinity'), ('day', date_trunc('day', created_at, 'UTC')),
                                          ('hour', date_trunc('hour', created_at, 'UTC'))) g(grain, starts_at)
             group by 1, 2, 3, 4, 5, 6, 7, 8),
          timed as (
            select ${KEY.join(', ')}, jsonb_object_agg(bucket, n) as times
              from (select ${KEY.join(', ')}, bucket, sum(n) as n from counted where bucket is not null
                     group by ${KEY.join(', ')}, bucket) b
             group by ${KEY.join(', ')})
          select ${KEY.join(', ')}, ${each((priority) => `coalesce(sum(n) filter (where priority = '${priority}'), 0)::bigint`)},
                 coalesce(times, '{}'), max(last_at)
            from counted left join timed using (${KEY.join(', ')})
           group by ${KEY.join(', ')}, times
        $$;

      create function count_uses(actions agent_actions[], weight integer) returns void language sql
        as $$
          insert into agent_action_uses as u select * from uses_of(actions, weight)
              on conflict (${KEY.join(', ')}) do update
             set ${each((priority) => `${priority} = u.${priority} + excluded.${priority}`)},
                 times = add_times(u.times, excluded.times),
                 last_at = greatest(u.last_at, excluded.last_at)
        $$;

      create function list_uncounted_actions() returns trigger language plpgsql
        as $$
          begin
            insert into agent_action_uncounted (company_id, id, ids)
            select company_id, gen_random_uuid(), array_agg(id)
              from (select company_id, id, row_number() over (partition by company_id) / 1000 as part from recorded) r
             group by company_id, part;
            return null;
          end
        $$;

      create function uncount_removed_actions() returns trigger language plpgsql
        as $$
          declare
            backfilled_to uuid;
            gone agent_actions[];
          begin
            select counted_to into backfilled_to from agent_action_uses_progress for update;
            -- The oldest first: the last action of a key, after which it has another last one or none, is in its last part.
            for gone in
              select array_agg(action)
                from (select row(r.*)::agent_actions as action, row_number() over (order by r.created_at) / 1000 as part
                        from removed r
                       where ${isCounted('r')}) counted
               group by part order by part
            loop
              perform count_uses(gone, -1);
              delete from agent_action_uses u using uses_of(gone, 1) g
               where ${same('u', 'g')} and ${PRIORITIES.map((priority) => `u.${priority}`).join(' + ')} = 0;
              update agent_action_uses u
                 set last_at = coalesce((
                       select max(a.created_at) from agent_actions a
                        where a.company_id = u.company_id and a.created_at between u.starts_at and u.last_at
                          and coalesce(a.agent_id, '') = u.agent_id and tool_of(a.metadata) = u.tool
                          and a.notification_type = u.notification_type and ${isCounted('a')}), u.last_at)
                from uses_of(gone, 1) g where u.grain = 'hour' and ${same('u', 'g')} and u.last_at = g.last_at;
              ${lastOf('day', 'hour', `and part.starts_at >= u.starts_at and part.starts_at < u.starts_at + interval '1 day'`)}
              ${lastOf('all', 'day', '')}
            end loop;
            return null;
          end
        $$;
    `);
    for (const [table, rights] of Object.entries(RIGHTS)) {
      await runner.query(`
        alter table ${table} enable row level security;
        create policy gateway_reads on ${table} for select to herald_gateway
          using (company_id = nullif(current_setting('herald.company', true), '')::uuid);
        grant select on ${table} to herald_gateway;
        create policy agent_actions_owns on ${table} to herald_agent_actions using (true) with check (true);
        grant ${rights} on ${table} to herald_agent_actions`);
    }
    await runner.query(`
      grant select on agent_action_uses_progress to herald_gateway;
      grant select, update on agent_action_uses_progress to herald_agent_actions;

      alter table agent_actions add column listed boolean not null default false;
      alter table agent_actions alter column listed set default true;
      insert into agent_action_uses_progress (counted_to)
      select case when exists (select from agent_actions) then '${FIRST}'::uuid else '${LAST}' end;
      create trigger agent_actions_recorded after insert on agent_actions referencing new table as recorded
        for each statement execute function list_uncounted_actions();
      create trigger agent_actions_removed after delete on agent_actions referencing old table as removed
        for each statement execute function uncount_removed_actions();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop trigger agent_actions_recorded on agent_actions;
      drop trigger agent_actions_removed on agent_actions;
      drop function list_uncounted_actions, uncount_removed_actions, count_uses, uses_of, add_times, time_bucket_of, tool_of;
      drop table agent_action_uses, agent_action_uncounted, agent_action_uses_progress;
      alter table agent_actions drop column listed;
    `);
  }
}

const RIGHTS = {
  agent_action_uses: 'select, insert, update, delete',
  agent_action_uncounted: 'select, insert, delete',
};
