import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Returns eight bytes of the hash of every valid secret, sorted, as one value. They let a gateway recognize guesses but
 * are not enough to find a secret.
 */
export class TellSecretsFromGuesses1764000111000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function fingerprints_of_secrets() returns bytea
        language sql stable security definer set search_path = public, pg_temp
        as $$
          select coalesce(string_agg(mark, ''::bytea order by mark), ''::bytea)
            from credentials c
           cross join lateral (
             select substr(c.secret_hash, 1, 8) as mark
              union all
             select substr(c.previous_hash, 1, 8) where c.previous_hash is not null and c.previous_expires_at > now()) m
           where c.revoked_at is null and (c.expires_at is null or c.expires_at > now())
        $$;
      revoke execute on function fingerprints_of_secrets from public;
      grant execute on function fingerprints_of_secrets to herald_gateway;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function fingerprints_of_secrets');
  }
}
