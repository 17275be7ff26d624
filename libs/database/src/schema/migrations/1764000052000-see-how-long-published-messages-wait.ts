import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Counts a queue's published, unfinished messages up to a limit; how many of them have waited longer than they should
 * (late), and how many so long that they hardly wait for others (stale). Like `owed_messages`, it reveals only figures.
 */
export class SeeHowLongPublishedMessagesWait1764000052000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function published_messages(of_queue text, at_most integer, late_after interval, stale_after interval,
                                         out published integer, out late integer, out stale integer)
        language plpgsql stable security definer
        set search_path = pg_catalog, public, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
      begin
        select count(*), count(*) filter (where waits > late_after and waits <= stale_after),
               count(*) filter (where waits > stale_after)
          into published, late, stale
          from (select now() - queued_at as waits from outbox
                 where queue = of_queue and job_id is not null order by queued_at limit at_most) o;
      end $$;
      revoke all on function published_messages from public;
      grant execute on function published_messages to herald_gateway;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function published_messages');
  }
}
