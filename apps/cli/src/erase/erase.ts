import { line, uuid } from '@herald/contracts';
import { completePerson, erasePerson, findTraces, hasCompany, type Traces } from '@herald/database';
import { z } from 'zod';
import { confirm } from '../confirm.js';
import { Failure } from '../failure.js';
import { withGivenDatabase } from '../given-database.js';
import { readOptions } from '../options.js';
import { progressOf } from '../progress.js';

export interface EraseOptions {
  company: string;
  user?: string;
  login?: string;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

const Person = z.object({ company: uuid(), user: uuid().optional(), login: line(100).optional() });

/** @throws Failure when nobody is named, there is no such company, or the answer is not yes */
export async function erase(options: EraseOptions): Promise<void> {
  const { company: companyId, user: userId, login: given } = readOptions(Person, options);
  if (!userId && !given) throw new Failure('Say who: --user <id> or --login <login>.');
  await withGivenDatabase('erase', async (database) => {
    if (!(await hasCompany(database, companyId))) throw new Failure(`There is no company ${companyId}.`);
    const person = await completePerson(database, { companyId, userId, login: given });
    const found = await findTraces(database, person);
    if (options.dryRun) return tell(options, { ...person, wouldErase: found }, found, 'would be erased');
    const total = sumOf(found);
    if (!options.yes) await confirm(`erase ${nameOf(person)} (${total.toLocaleString('en')} rows) for good?`);
    const progress = progressOf(Math.max(total, 1), 'rows', process.stderr);
    const erased = await erasePerson(database, person, (done) => progress(Math.min(done, total)));
    tell(options, { ...person, erased, at: new Date().toISOString() }, erased, 'erased');
  });
}

const sumOf = (traces: Traces) => Object.values(traces).reduce((sum, count) => sum + count, 0);
const nameOf = ({ userId, login }: { userId?: string; login?: string }) =>
  [login && `login ${login}`, userId && `user ${userId}`].filter(Boolean).join(', ');

/** One line, so that it can be kept as the record of what was done. */
function tell(options: EraseOptions, record: object, traces: Traces, verb: string): void {
  if (options.json) return console.log(JSON.stringify(record));
  const counts = Object.entries(traces).map(([name, count]) => `${count} ${name}`);
  console.log(`${nameOf(record)} of company ${options.company} ${verb}: ${counts.join(', ')}.`);
}
