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
import { Failure } from '@herald/operator';
import { z } from 'zod';
import { confirm } from '../confirm.js';
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

const TargetOptions = z.object({
  company: uuid().optional(),
  user: uuid().optional(),
  login: line(100).optional(),
  lead: line(100).optional(),
  merchant: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER).optional(),
});
type TargetOptions = z.output<typeof TargetOptions>;

/** The person or lead to erase. */
interface Target {
  /** For the database. */
  subject: Subject;
  /** For the JSON record of the erasure. */
  record: object;
  /** For the operator. */
  name: string;
}

/** @throws Failure when the target is missing, ambiguous or unknown, or the user does not confirm */
export async function erase(options: EraseOptions): Promise<void> {
  const given = readOptions(TargetOptions, options);
  refuseUnclear(given);
  await withGivenDatabase('erase', async (database) => {
    const target = given.lead
      ? await findLead(database, given.lead, given.merchant)
      : await findPerson(database, given);
    await withStoredJobs(target.subject, async (jobs) => {
      const found = await findTraces(database, target.subject);
      const waiting = await jobs?.count(database);
      if (options.dryRun) return printOutcome(options, target, { wouldErase: { ...found, ...waiting } }, jobs);
      const total = Object.values(found).reduce((sum, count) => sum + count, 0);
      const more = waiting ? `, ${waiting[IN_REDIS].toLocaleString('en')} jobs` : '';
      if (!options.yes) await confirm(`erase ${target.name} (${total.toLocaleString('en')} rows${more}) for good?`);
      await jobs?.erase(database);
      const progress = progressOf(Math.max(total, 1), 'rows', process.stderr);
      const erased = await eraseTraces(database, target.subject, (done) => progress(Math.min(done, total)));
      // A job that was active may have failed since then.
      const removed = await jobs?.erase(database);
      printOutcome(options, target, { erased: { ...erased, ...removed }, at: new Date().toISOString() }, jobs);
    });
  });
}

function refuseUnclear({ company, user, login, lead, merchant }: TargetOptions): void {
  if (lead && (company || user || login))
    throw new Failure('A lead belongs to a merchant: combine --lead with --merchant only.');
  if (!lead && merchant) throw new Failure('--merchant needs --lead.');
  if (!lead && !(company && (user || login)))
    throw new Failure('Say who: --company <id> with --user <id> or --login <login>, or --lead <phone>.');
}

async function findPerson(database: Database, { company, user: userId, login: given }: TargetOptions): Promise<Target> {
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

async function findLead(database: Database, phone: string, merchantId?: number): Promise<Target> {
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

/** Prints one line, which can be kept as the record of the erasure. */
function printOutcome(options: EraseOptions, { record, name }: Target, outcome: Outcome, jobs?: SubjectsJobs): void {
  const notReached = jobs ? jobs.notReached : `${IN_REDIS}: REDIS_URL is not set`;
  if (options.json) return console.log(JSON.stringify({ ...record, ...outcome, notReached }));
  const { wouldErase, erased = wouldErase ?? {} } = outcome;
  const counts = Object.entries(erased).map(([kind, count]) => `${count} ${kind}`);
  const left = notReached ? ` Not reached: ${notReached}.` : '';
  console.log(`${name} ${wouldErase ? 'would be erased' : 'erased'}: ${counts.join(', ')}.${left}`);
}
