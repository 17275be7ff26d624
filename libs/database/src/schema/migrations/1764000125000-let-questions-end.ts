import type { MigrationInterface, QueryRunner } from 'typeorm';

const changedAudiences = (deleted: string) => `
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
              select 'questions ' || merchant_id from notifications where changed_in >= after and changed_in < until
              ${deleted}) changed
        join unnest(wanted) as audience using (audience)
    $$`;

const DELETED = `
  union all
 select 'questions ' || merchant_id from deleted_notifications where changed_in >= after and changed_in < until`;

const mayHaveStatus = (states: string) => `
  alter table notifications drop constraint notifications_status_check;
  alter table notifications add constraint notifications_status_check check (status in (${states})) not valid`;

/**
 * Questions may expire. Triggers note when a question ended, and keep it so, also where a worker of the
 * version before writes. Of a question
 * that its merchant deleted nothing is kept but that, for streams that still show it.
 */
export class LetQuestionsEnd1764000125000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table notification_types add column answer_within integer, add column remind_before integer;
      alter table notifications add column expires_at timestamptz(3), add column remind_at timestamptz(3),
        add column ended_at timestamptz(3);
      grant update (remind_at) on notifications to herald_merchant_answers;

      create function note_end() returns trigger language plpgsql
        as $$ begin new.ended_at := now(); return new; end $$;
      create trigger notifications_ended before update on notifications for each row
        when (old.status = 'requested' and new.status <> 'requested') execute function note_end();
      create function refuse_late_answer() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger notifications_late before update on notifications for each row
        when (new.status = 'answered' and (old.status = 'expired' or old.status = 'requested' and old.expires_at <= now()))
        execute function refuse_late_answer();

      create table deleted_notifications (
        id bigint primary key,
        merchant_id bigint not null,
        ended_at timestamptz(3) not null default now(),
        changed_in bigint not null default this_transaction()
      );
      create index deleted_notifications_changes on deleted_notifications (merchant_id, changed_in, id);
      create index deleted_notifications_latest on deleted_notifications using brin (changed_in) with (autosummarize = on);
      alter table deleted_notifications enable row level security;
      create policy gateway_reads on deleted_notifications for select to herald_gateway
        using (merchant_id = nullif(current_setting('herald.merchant', true), '')::bigint);
      grant select on deleted_notifications to herald_gateway;
      create policy merchant_answers_notes on deleted_notifications for insert to herald_merchant_answers with check (true);
      grant insert on deleted_notifications to herald_merchant_answers;
      create index deleted_notifications_ended on deleted_notifications (ended_at);
      create policy merchant_answers_forgets on deleted_notifications to herald_merchant_answers
        using (ended_at < now() - interval '1 day') with check (false);
      grant select, update (ended_at), delete on deleted_notifications to herald_merchant_answers;

      create view question_changes with (security_invoker = true) as
        select id, merchant_id, changed_in, conversation_id, notification_type, status, created_at, updated_at, context,
               requested_fields, answered_fields
          from notifications
         union all
        select id, merchant_id, changed_in, null, null, null, null, null, null, null, null from deleted_notifications;
      grant select on question_changes to herald_gateway`);
    await runner.query(mayHaveStatus(`'requested', 'answered', 'expired'`));
    await runner.query(changedAudiences(DELETED));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(changedAudiences(''));
    await runner.query(mayHaveStatus(`'requested', 'answered'`));
    await runner.query(`
      drop view question_changes;
      drop table deleted_notifications;
      drop trigger notifications_ended on notifications;
      drop trigger notifications_late on notifications;
      drop function note_end, refuse_late_answer;
      alter table notifications drop column expires_at, drop column remind_at, drop column ended_at;
      alter table notification_types drop column answer_within, drop column remind_before`);
  }
}
