import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ROLES } from '../roles.js';

/** Roles of the services, companies, users and credentials. */
export class CreateAccounts1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const role of ROLES) {
      // Roles belong to the whole server; a migration of another database may already have created them.
      await runner.query(`
        do $$ begin
          if not exists (select from pg_roles where rolname = '${role}') then
            create role ${role} nosuperuser nobypassrls nocreatedb nocreaterole;
          end if;
        exception when duplicate_object or unique_violation then null;
        end $$`);
    }
    await runner.query(`
      create table companies (
        id uuid primary key,
        name text not null,
        created_at timestamptz(3) not null default now()
      );
      create table users (
        company_id uuid not null constraint users_company_id_fkey references companies on delete cascade,
        id uuid not null,
        login text,
        email text,
        name text,
        created_at timestamptz(3) not null default now(),
        primary key (company_id, id)
      );
      create unique index users_login on users (company_id, login) where login is not null;
      create table credentials (
        id text primary key,
        company_id uuid not null constraint credentials_company_id_fkey references companies on delete cascade,
        name text not null,
        secret_hash bytea not null,
        previous_hash bytea,
        previous_expires_at timestamptz(3),
        scopes text[] not null,
        author_logins text[],
        limit_per_minute integer,
        limit_per_hour integer,
        expires_at timestamptz(3),
        revoked_at timestamptz(3),
        last_used_at timestamptz(3),
        created_at timestamptz(3) not null default now()
      );
      create index credentials_company on credentials (company_id);

      -- A credential is looked up before its company is known, so it has no policy of its own.
      grant select on credentials to herald_gateway;
      grant update (last_used_at) on credentials to herald_gateway;

      alter table users enable row level security;
      create policy gateway_reads on users for select to herald_gateway
        using (company_id = nullif(current_setting('herald.company', true), '')::uuid);
      grant select on users to herald_gateway;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The roles stay: other databases of the server may use them.
    await runner.query(`drop table credentials; drop table users; drop table companies;`);
  }
}
