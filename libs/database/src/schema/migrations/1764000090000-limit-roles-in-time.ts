import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ROLES } from '../roles.js';

/** Operators may wait longer than callers. */
const STATEMENT_TIMEOUT = { herald_ops: '60s' } as Record<string, string | undefined>;

/**
 * Each connection sets these limits itself; behind a pooler, which drops a client's settings, the role's limits apply.
 * Roles belong to the whole server, where another database may be migrating, so a lock allows one migration at a time.
 */
export class LimitRolesInTime1764000090000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`select pg_advisory_xact_lock(hashtext('herald.roles'))`);
    for (const role of ROLES) {
      await runner.query(`
        alter role ${role} set statement_timeout = '${STATEMENT_TIMEOUT[role] ?? '5s'}';
        alter role ${role} set idle_in_transaction_session_timeout = '10s'`);
    }
  }

  /** Roles and their limits stay, because other databases of the server may use them. */
  async down(): Promise<void> {}
}
