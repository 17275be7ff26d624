import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from '../index-beside-work.js';

/** The columns by which a stream finds its changes. */
const OWNERS = { feed_messages: 'company_id', agent_actions: 'company_id', notifications: 'merchant_id' };

/** One index serves the streams of a company or merchant, and a small BRIN index the changes of all together. */
export class FindWhatChanged1764000121000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, owner] of Object.entries(OWNERS)) {
      await buildIndex(runner, `${table}_changes`, `on ${table} (${owner}, changed_in, id)`);
      await buildIndex(runner, `${table}_latest`, `on ${table} using brin (changed_in) with (autosummarize = on)`);
    }
    await runner.query(`
      create or replace function changed_audiences(after bigint, until bigint, wanted text[]) returns setof text
        language sql stable security definer set search_path = public, pg_temp
        as $$
          select distinct audience
            from (select 'feed ' || company_id || ' ' || login as audience
                    from feed_messages, unnest(array[recipient_login, author_login]) as login
                   where changed_in >= after and changed_in < until
                   union all
                  select 'actions ' || company_id from agent_actions where changed_in >= after and changed_in < until
                   union all
                  select 'questions ' || merchant_id from notifications where changed_in >= after and changed_in < until) changed
            join unnest(wanted) as audience using (audience)
        $$;
      revoke execute on function changed_audiences from public;
      grant execute on function changed_audiences to herald_gateway`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function changed_audiences');
    for (const table of Object.keys(OWNERS)) {
      await runner.query(`drop index ${table}_changes, ${table}_latest`);
    }
  }
}
