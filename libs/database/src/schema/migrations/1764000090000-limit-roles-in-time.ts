import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ROLES } from '../roles.js';

/** An operator waits longer than a caller. */
const STATEMENT_TIMEOUT = { herald_ops: '60s' } as Record<string, string | undefined>;

/**
 * Each connection asks for these limits by itself; behind a pooler, which drops what a client asks for, the role's hold.
 * Roles belong to the whole server, where another database may be migrating: one at a time.
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

  /** The roles stay, and so do their limits: other databases of the server may rely on them. */
  async down(): Promise<void> {}
}
