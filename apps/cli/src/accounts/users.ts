import { changeUser, hasCompany, insertUser, isDuplicateKey, listUsers } from '@herald/database';
import { Failure } from '@herald/operator';
import { v7 } from 'uuid';
import { z } from 'zod';
import { withGivenDatabase } from '../given-database.js';
import { line, readOptions, uuid } from '../options.js';
import { table } from '../table.js';
import { printCreated } from '../print-created.js';

const Directory = z.object({ company: uuid() });
const NewUser = Directory.extend({
  id: uuid().optional(),
  login: line(100).optional(),
  email: z.email('must be an e-mail address').max(320).optional(),
  name: line(200).optional(),
});

const ChangedUser = NewUser.extend({ id: uuid() }).refine(
  ({ login, email, name }) => [login, email, name].some((given) => given !== undefined),
  { path: ['login'], message: 'say what to change: --login, --email or --name' },
);

export interface UserOptions {
  company: string;
  id?: string;
  login?: string;
  email?: string;
  name?: string;
  json?: boolean;
}

/** @throws Failure when there is no such company, or it already has a user with this id or login */
export async function createUser(options: UserOptions): Promise<void> {
  const { company: companyId, id = v7(), ...details } = readOptions(NewUser, options);
  await withGivenDatabase('users', async (database) => {
    if (!(await hasCompany(database, companyId))) throw new Failure(`There is no company ${companyId}.`);
    if (await insertUser(database, { companyId, id, ...details })) return;
    throw new Failure(
      `The company has a user of this id${details.login ? ` or login ("${details.login}")` : ''} already.`,
    );
  });
  const json = options.json ? { companyId, id, ...details } : undefined;
  printCreated({
    created: id,
    note: `The user ${details.login ?? details.email ?? details.name ?? ''} was made. The id:`,
    json,
  });
}

/** @throws Failure when the company has no such user, or another one with this login */
export async function editUser(id: string, options: Omit<UserOptions, 'id'>): Promise<void> {
  const { company: companyId, ...user } = readOptions(ChangedUser, { ...options, id });
  const changed = await withGivenDatabase('users', (database) => changeUser(database, { companyId, ...user })).catch(
    (error: unknown) => {
      throw isDuplicateKey(error) ? new Failure(`The company has a user of the login "${user.login}" already.`) : error;
    },
  );
  if (!changed) throw new Failure(`There is no user ${user.id} in the company ${companyId}.`);
  const json = options.json ? { companyId, ...user } : undefined;
  printCreated({ created: user.id, note: 'The user was changed. The id:', json });
}

/** @throws Failure when there is no such company */
export async function showUsers(options: { company: string; json?: boolean }): Promise<void> {
  const { company } = readOptions(Directory, options);
  const users = await withGivenDatabase('users', async (database) => {
    if (!(await hasCompany(database, company))) throw new Failure(`There is no company ${company}.`);
    return listUsers(database, company);
  });
  if (options.json) console.log(JSON.stringify(users, null, 2));
  else
    console.log(
      table(
        ['id', 'login', 'email', 'name', 'created at'],
        users.map(({ id, login, email, name, createdAt }) => [
          id,
          login ?? '',
          email ?? '',
          name ?? '',
          createdAt.toISOString(),
        ]),
        ['login', 'email', 'name'],
      ),
    );
}
