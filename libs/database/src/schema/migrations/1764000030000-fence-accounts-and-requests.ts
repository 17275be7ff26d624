import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Row-level security for rows without a company: credentials are visible one at a time, verdicts to workers alone. */
export class FenceAccountsAndRequests1764000030000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table companies enable row level security;

      -- Whose company a credential is becomes known by looking it up: one id, one row, and no other way to the table.
      alter table credentials enable row level security;
      revoke all on credentials from herald_gateway;
      revoke update (last_used_at) on credentials from herald_gateway;
      create function find_credential(wanted text) returns setof credentials
        language sql stable security definer set search_path = public, pg_temp
        as $$ select * from credentials where id = wanted $$;
      create function note_use_of_credentials(ids text[], times timestamptz[]) returns void
        language sql security definer set search_path = public, pg_temp
        as $$ update credentials c set last_used_at = u.at from unnest(ids, times) as u(id, at)
               where c.id = u.id and (c.last_used_at is null or c.last_used_at < u.at) $$;
      revoke execute on function find_credential, note_use_of_credentials from public;
      grant execute on function find_credential, note_use_of_credentials to herald_gateway;

      -- The gateway remembers which keys were used, and for which body; what a command answered is its worker's to tell.
      alter table requests enable row level security;
      revoke select on requests from herald_gateway;
      grant select (id, body_hash) on requests to herald_gateway;
      create policy gateway_finds on requests for select to herald_gateway using (true);
      create policy gateway_accepts on requests for insert to herald_gateway with check (verdict is null);
      create policy workers_own on requests to herald_delivery, herald_agent_actions, herald_merchant_answers
        using (true) with check (true);
      create policy ops_finds on requests for select to herald_ops using (true);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop policy ops_finds on requests;
      drop policy workers_own on requests;
      drop policy gateway_accepts on requests;
      drop policy gateway_finds on requests;
      revoke select (id, body_hash) on requests from herald_gateway;
      grant select on requests to herald_gateway;
      alter table requests disable row level security;

      drop function note_use_of_credentials;
      drop function find_credential;
      grant select on credentials to herald_gateway;
      grant update (last_used_at) on credentials to herald_gateway;
      alter table credentials disable row level security;
      alter table companies disable row level security;
    `);
  }
}
