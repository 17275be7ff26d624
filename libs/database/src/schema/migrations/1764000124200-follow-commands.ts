import type { MigrationInterface, QueryRunner } from 'typeorm';

const PLACE = 'company_id, queue, queued_at, started_at';

/**
 * The record of a command says whose it is and when it ran, so that it can be followed like a message. The gateway must
 * find every key, so its policy shows it all records; of these columns it sees those of the tenant at hand alone.
 */
export class FollowCommands1764000124200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table requests add column company_id uuid, add column queue text,
        add column queued_at timestamptz(3), add column started_at timestamptz(3);
      grant select (${PLACE}, created_at) on requests to herald_ops;

      create function command_places(ids uuid[]) returns setof message_places
        language sql stable security definer set search_path = public, pg_temp
        as $$
          select id, company_id, queue, 'delivered', null::timestamptz, queued_at::timestamptz, started_at::timestamptz,
                 created_at::timestamptz, '[]'::jsonb, null::text, null::uuid
            from requests
           where id = any(ids) and company_id = nullif(current_setting('herald.company', true), '')::uuid
        $$;
      revoke execute on function command_places from public;
      grant execute on function command_places to herald_gateway`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function command_places;
      revoke select (${PLACE}, created_at) on requests from herald_ops;
      alter table requests drop column company_id, drop column queue, drop column queued_at, drop column started_at`);
  }
}
