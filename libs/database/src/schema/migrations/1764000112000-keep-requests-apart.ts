import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Conditions that recognize a worker's rows from before `written_by` by their verdict; a conversation's is empty. */
const OLD_VERDICTS = {
  herald_delivery: `verdict ?| array['recipientLogin', 'updated']`,
  herald_agent_actions: `verdict ? 'notification_id'`,
  herald_merchant_answers: `(verdict ? 'message' or verdict = '{}')`,
};
const WORKERS = Object.keys(OLD_VERDICTS).join(', ');

/** A verdict may contain people's texts, so each worker sees and settles only those of its own product. */
export class KeepRequestsApart1764000112000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table requests add column written_by text;
      alter table requests alter column written_by set default current_user;
      drop policy workers_own on requests;
      drop policy gateway_accepts on requests;
      create policy gateway_accepts on requests for insert to herald_gateway
        with check (verdict is null and written_by = current_user);
      create policy workers_own on requests to ${WORKERS}
        using (written_by = current_user) with check (written_by = current_user);
      revoke update on requests from ${WORKERS};
      grant update (verdict) on requests to ${WORKERS}`);
    for (const [role, verdict] of Object.entries(OLD_VERDICTS)) {
      await runner.query(`
        create policy ${role}_finds_old on requests for select to ${role} using (written_by is null and ${verdict})`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const role of Object.keys(OLD_VERDICTS)) await runner.query(`drop policy ${role}_finds_old on requests`);
    await runner.query(`
      revoke update (verdict) on requests from ${WORKERS};
      grant update on requests to ${WORKERS};
      drop policy workers_own on requests;
      drop policy gateway_accepts on requests;
      create policy gateway_accepts on requests for insert to herald_gateway with check (verdict is null);
      create policy workers_own on requests to ${WORKERS} using (true) with check (true);
      alter table requests drop column written_by`);
  }
}
