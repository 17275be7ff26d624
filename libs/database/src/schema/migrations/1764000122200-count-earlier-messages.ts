import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Counts the messages from before the triggers. The statement sees one snapshot: what is there, less what the triggers
 * counted by then, is what they will never count, whatever is written meanwhile. It locks nothing that others use, and
 * another run adds nothing.
 */
export class CountEarlierMessages1764000122200 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      insert into feed_counters as counter (company_id, login, tab, shard, unread, unseen)
      select company_id, login, tab, -1, sum(unread), sum(unseen)
        from (select company_id, recipient_login as login, tab, count(*) as unread,
                     count(*) filter (where seen_at is null) as unseen
                from feed_messages where status = 'unread' group by 1, 2, 3
               union all
              select company_id, login, tab, -unread, -unseen from feed_counters) uncounted
       group by company_id, login, tab
      having sum(unread) <> 0 or sum(unseen) <> 0
          on conflict (company_id, login, tab, shard) do update
         set unread = counter.unread + excluded.unread, unseen = counter.unseen + excluded.unseen`);
  }

  /** The counters go with their table. */
  async down(): Promise<void> {}
}
