import {
  completeLead,
  completePerson,
  type Database,
  eraseTraces,
  findTraces,
  hasCompany,
  type Subject,
  subjectOfLead,
  subjectOfPerson,
  type Traces,
} from '@herald/database';
import { z } from 'zod';
import { confirm } from '../confirm.js';
import { Failure } from '../failure.js';
import { withGivenDatabase } from '../given-database.js';
import { line, readOptions, uuid } from '../options.js';
import { progressOf } from '../progress.js';
import { IN_REDIS, type SubjectsJobs, withStoredJobs } from './subjects-jobs.js';

export interface EraseOptions {
  company?: string;
  user?: string;
  login?: string;
  lead?: string;
  merchant?: string;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

const Whom = z.object({
  company: uuid().optional(),
  user: uuid().optional(),
  login: line(100).optional(),
  lead: line(100).optional(),
  merchant: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER).optional(),
});
type Whom = z.output<typeof Whom>;

/** Whom the options mean: for the database, for the record, and for the operator to read. */
interface Meant {
  subject: Subject;
  record: object;
  name: string;
}

/** @throws Failure when nobody is named or two kinds are, there is no such company, or the answer is not yes */
export async function erase(options: EraseOptions): Promise<void> {
  const whom = readOptions(Whom, options);
  refuseUnclear(whom);
  await withGivenDatabase('erase', async (database) => {
    const meant = whom.lead ? await findLead(database, whom.lead, whom.merchant) : await findPerson(database, whom);
    await withStoredJobs(meant.subject, async (jobs) => {
      const found = await findTraces(database, meant.subject);
      const waiting = await jobs?.count(database);
      if (options.dryRun) return tell(options, meant, { wouldErase: { ...found, ...waiting } }, jobs);
      const total = Object.values(found).reduce((sum, count) => sum + count, 0);
      const more = waiting ? `, ${waiting[IN_REDIS].toLocaleString('en')} jobs` : '';
      if (!options.yes) await confirm(`erase ${meant.name} (${total.toLocaleString('en')} rows${more}) for good?`);
      await jobs?.erase(database);
      const progress = progressOf(Math.max(total, 1), 'rows', process.stderr);
      const erased = await eraseTraces(database, meant.subject, (done) => progress(Math.min(done, total)));
      // A job that was in work may have failed since.
      const removed = await jobs?.erase(database);
      tell(options, meant, { erased: { ...erased, ...removed }, at: new Date().toISOString() }, jobs);
    });
  });
}

function refuseUnclear({ company, user, login, lead, merchant }: Whom): void {
  if (lead && (company || user || login))
    throw new Failure('A lead is of a merchant: --lead goes with --merchant alone.');
  if (!lead && merchant) throw new Failure('--merchant goes with --lead.');
  if (!lead && !(company && (user || login)))
    throw new Failure('Say who: --company <id> with --user <id> or --login <login>, or --lead <phone>.');
}

async function findPerson(database: Database, { company, user: userId, login: given }: Whom): Promise<Meant> {
  const companyId = company as string;
  if (!(await hasCompany(database, companyId))) throw new Failure(`There is no company ${companyId}.`);
  const person = await completePerson(database, { companyId, userId, login: given });
  const name = [person.login && `login ${person.login}`, person.userId && `user ${person.userId}`];
  return {
    subject: subjectOfPerson(person),
    record: person,
    name: `${name.filter(Boolean).join(', ')} of company ${companyId}`,
  };
}

async function findLead(database: Database, phone: string, merchantId?: number): Promise<Meant> {
  return {
    subject: subjectOfLead(await completeLead(database, { phone, merchantId })),
    record: { lead: phone, merchantId },
    name: `lead ${phone} of ${merchantId ? `merchant ${merchantId}` : 'all merchants'}`,
  };
}

interface Outcome {
  wouldErase?: Traces;
  erased?: Traces;
  at?: string;
}

/** One line, so that it can be kept as the record of what was done. */
function tell(options: EraseOptions, { record, name }: Meant, outcome: Outcome, jobs?: SubjectsJobs): void {
  const notReached = jobs ? jobs.notReached : `${IN_REDIS}: REDIS_URL is not set`;
  if (options.json) return console.log(JSON.stringify({ ...record, ...outcome, notReached }));
  const { wouldErase, erased = wouldErase ?? {} } = outcome;
  const counts = Object.entries(erased).map(([what, count]) => `${count} ${what}`);
  const left = notReached ? ` Not reached: ${notReached}.` : '';
  console.log(`${name} ${wouldErase ? 'would be erased' : 'erased'}: ${counts.join(', ')}.${left}`);
}
