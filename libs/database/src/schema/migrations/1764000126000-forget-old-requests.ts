import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The planner is made to follow the indexes: the outbox may be empty or hold a million rows. */
const AS_OWNER = `security definer set search_path = public, pg_temp set enable_seqscan = off set enable_bitmapscan = off`;

/** A request is in use while a message of it is owed. */
const IN_USE = `(exists (select from outbox o where o.id = r.id)
  or exists (select from outbox o where o.id = any(r.correlation_ids)))`;

const FUNCTIONS = [
  'old_requests',
  'forget_requests',
  'used_ids',
  'old_dead_letters',
  'drop_dead_letters',
  'age_of_dead_letters',
];

/**
 * A gateway may forget requests and drop dead letters by their age, and nothing else: the functions keep what is
 * younger than a day, and requests whose messages are owed. `correlation_ids` are those of a request's messages that do
 * not follow from its own id: of a batch, and of a key that was used before.
 */
export class ForgetOldRequests1764000126000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table requests add column correlation_ids uuid[];
      grant select (created_at, correlation_ids) on requests to herald_gateway;
      grant update (correlation_ids) on requests to herald_merchant_answers;

      -- Looks past requests that are in use, but not past all of them: a slice must not take long.
      create function old_requests(hours integer, at_most integer) returns setof uuid language sql ${AS_OWNER}
        as $$
          select r.id
            from (select * from requests where created_at < now() - greatest(hours, 24) * interval '1 hour'
                   order by created_at limit 20 * at_most for update skip locked) r
           where not ${IN_USE} limit at_most
        $$;
      create function forget_requests(ids uuid[], hours integer) returns setof uuid language sql ${AS_OWNER}
        as $$
          delete from requests r
           where r.id = any(ids) and r.created_at < now() - greatest(hours, 24) * interval '1 hour' and not ${IN_USE}
          returning r.id
        $$;
      -- An id that names a message already cannot name another one.
      create function used_ids(ids uuid[]) returns setof uuid language sql stable ${AS_OWNER}
        as $$
          select given.id from unnest(ids) as given(id)
           where exists (select from outbox o where o.id = given.id) or exists (select from feed_messages f where f.id = given.id)
              or exists (select from agent_actions a where a.id = given.id)
              or exists (select from dead_letters d where d.correlation_id = given.id)
        $$;

      create function old_dead_letters(days integer, at_most integer) returns setof bigint language sql ${AS_OWNER}
        as $$
          select id from dead_letters where given_up_at < now() - greatest(days, 1) * interval '1 day'
           order by given_up_at limit at_most for update skip locked
        $$;
      create function drop_dead_letters(ids bigint[]) returns void language sql ${AS_OWNER}
        as $$ delete from dead_letters where id = any(ids) and given_up_at < now() - interval '1 day' $$;
      create function age_of_dead_letters() returns float8 language sql stable ${AS_OWNER}
        as $$ select coalesce(extract(epoch from now() - min(given_up_at)), 0)::float8 from dead_letters $$;

      revoke execute on function ${FUNCTIONS.join(', ')} from public;
      grant execute on function ${FUNCTIONS.join(', ')} to herald_gateway`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function ${FUNCTIONS.join(', ')};
      revoke update (correlation_ids) on requests from herald_merchant_answers;
      revoke select (created_at) on requests from herald_gateway;
      alter table requests drop column correlation_ids`);
  }
}
