import { hasCompanyNamed, insertCompany, listCompanies } from '@herald/database';
import { Failure } from '@herald/operator';
import { v7 } from 'uuid';
import { z } from 'zod';
import { confirm } from '../confirm.js';
import { withGivenDatabase } from '../given-database.js';
import { line, readOptions, uuid } from '../options.js';
import { table } from '../table.js';
import { printCreated } from '../print-created.js';

const NewCompany = z.object({ name: line(200), id: uuid().optional() });

export interface CompanyOptions {
  id?: string;
  yes?: boolean;
  json?: boolean;
}

/** @throws Failure when a company has this id, or one has this name and the user does not confirm */
export async function createCompany(typedName: string, options: CompanyOptions): Promise<void> {
  const { name, id = v7() } = readOptions(NewCompany, { ...options, name: typedName });
  const inserted = await withGivenDatabase('companies', async (database) => {
    if (!options.yes && (await hasCompanyNamed(database, name))) await confirm(`make another company "${name}"?`);
    return insertCompany(database, { id, name });
  });
  if (!inserted) throw new Failure(`There is a company ${id} already.`);
  const json = options.json ? { id, name } : undefined;
  printCreated({ created: id, note: `The company "${name}" was created. Its id:`, json });
}

export async function showCompanies({ json }: { json?: boolean }): Promise<void> {
  const companies = await withGivenDatabase('companies', listCompanies);
  if (json) console.log(JSON.stringify(companies, null, 2));
  else
    console.log(
      table(
        ['id', 'name', 'created at'],
        companies.map(({ id, name, createdAt }) => [id, name, createdAt.toISOString()]),
        ['name'],
      ),
    );
}
