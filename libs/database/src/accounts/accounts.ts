import { type ObjectLiteral, type QueryDeepPartialEntity, Raw, type Repository } from 'typeorm';
import type { Database } from '../connection/database.js';
import { Company } from '../schema/entities/company.entity.js';
import { User } from '../schema/entities/user.entity.js';

export type NewCompany = Pick<Company, 'id' | 'name'>;

/** A person in a company's directory. */
export type NewUser = Pick<User, 'companyId' | 'id'> & Partial<Pick<User, 'login' | 'email' | 'name'>>;

/** @returns false when a company with this id exists; it is not changed */
export const insertCompany = (database: Database, { id, name }: NewCompany): Promise<boolean> =>
  database.repository(Company, (companies) => insertNew(companies, { id, name }));

export const listCompanies = (database: Database): Promise<Company[]> =>
  database.repository(Company, (companies) => companies.find({ order: { createdAt: 'ASC', id: 'ASC' } }));

/** Resolves to true when a company has this name, regardless of case. */
export const hasCompanyNamed = (database: Database, name: string): Promise<boolean> =>
  database.repository(Company, (companies) =>
    companies.existsBy({ name: Raw((column) => `lower(${column}) = lower(:name)`, { name }) }),
  );

export const hasCompany = (database: Database, id: string): Promise<boolean> =>
  database.repository(Company, (companies) => companies.existsBy({ id }));

/** @returns false when the company has a user with this id or login; it is not changed */
export const insertUser = (database: Database, { companyId, id, login, email, name }: NewUser): Promise<boolean> =>
  database.repository(User, (users) => insertNew(users, { companyId, id, login, email, name }));

/**
 * Changes a user; absent columns stay. Agent actions add people to the directory whose login only an operator knows.
 * @returns false when the company has no user with this id
 */
export const changeUser = (database: Database, { companyId, id, ...changes }: NewUser): Promise<boolean> =>
  database.repository(User, async (users) => !!(await users.update({ companyId, id }, changes)).affected);

export const listUsers = (database: Database, companyId: string): Promise<User[]> =>
  database.repository(User, (users) => users.find({ where: { companyId }, order: { createdAt: 'ASC', id: 'ASC' } }));

/** @returns false when a row with the same key exists; nothing is changed */
export async function insertNew<Entity extends ObjectLiteral>(
  repository: Repository<Entity>,
  row: QueryDeepPartialEntity<Entity>,
): Promise<boolean> {
  const insert = repository.createQueryBuilder().insert().values(row).orIgnore().updateEntity(false).returning('*');
  return ((await insert.execute()).raw as unknown[]).length > 0;
}
