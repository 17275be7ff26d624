import type { Sql } from './database.js';

export interface NewCompany {
  id: string;
  name: string;
}

export interface StoredCompany extends NewCompany {
  createdAt: Date;
}

/** Someone of a company's directory. */
export interface NewUser {
  companyId: string;
  id: string;
  login?: string | null;
  email?: string | null;
  name?: string | null;
}

export interface StoredUser extends Required<NewUser> {
  createdAt: Date;
}

/** False when there is one of this id, which stays as it is. */
export async function insertCompany(sql: Sql, { id, name }: NewCompany): Promise<boolean> {
  const text = 'insert into companies (id, name) values ($1, $2) on conflict do nothing returning id';
  return (await sql.query(text, [id, name])).length > 0;
}

export const listCompanies = (sql: Sql): Promise<StoredCompany[]> =>
  sql.query(`select id, name, created_at as "createdAt" from companies order by created_at, id`);

export async function hasCompany(sql: Sql, id: string): Promise<boolean> {
  return (await sql.query('select from companies where id = $1', [id])).length > 0;
}

/** False when the company has one of this id or login, who stays as they are. */
export async function insertUser(sql: Sql, { companyId, id, login, email, name }: NewUser): Promise<boolean> {
  const text = `insert into users (company_id, id, login, email, name) values ($1, $2, $3, $4, $5)
                    on conflict do nothing returning id`;
  return (await sql.query(text, [companyId, id, login ?? null, email ?? null, name ?? null])).length > 0;
}

export const listUsers = (sql: Sql, companyId: string): Promise<StoredUser[]> =>
  sql.query(
    `select company_id as "companyId", id, login, email, name, created_at as "createdAt" from users
      where company_id = $1 order by created_at, id`,
    [companyId],
  );
