import { DeadLetters, type Replay } from '@herald/database';
import { Failure } from '@herald/operator';
import { confirm } from '../confirm.js';
import { withGivenDatabase } from '../given-database.js';
import { progressOf } from '../progress.js';
import { printable } from '../table.js';
import { readSelection, type SelectionOptions } from './selection.js';

export interface WorkOffOptions extends SelectionOptions {
  all?: boolean;
  limit?: string;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

/** The size of a batch. Each batch is one transaction. */
const BATCH = 200;
const MAX_IDS_SHOWN = 5;

/** Replays the selected dead letters. The exit code is 1 when some are refused. */
export async function replay(ids: string[], options: WorkOffOptions): Promise<void> {
  const outcomes: Replay[] = [];
  await workOff('replay', ids, options, async (deadLetters, batch) => {
    outcomes.push(...(await deadLetters.replay(batch, { dryRun: options.dryRun })));
  });
  const refused = outcomes.filter(({ outcome }) => outcome === 'refused');
  if (options.json)
    console.log(
      JSON.stringify({ ...countsOf(outcomes), refusals: refused.map(({ id, reason }) => ({ id, reason })) }, null, 2),
    );
  else printOutcomes(outcomes, options.dryRun === true);
  if (refused.length > 0) process.exitCode = 1;
}

/** Drops the selected dead letters. */
export async function drop(ids: string[], options: WorkOffOptions): Promise<void> {
  let dropped = 0;
  await workOff('drop', ids, options, async (deadLetters, batch) => {
    dropped += (options.dryRun ? batch : await deadLetters.drop(batch)).length;
  });
  if (options.json) console.log(JSON.stringify({ dropped }, null, 2));
  else console.log(`${dropped} ${options.dryRun ? 'would be dropped' : 'dropped'}.`);
}

/**
 * Processes the selected dead letters in batches, oldest first. Messages that are given up meanwhile are not included.
 * Asks for confirmation unless every id is given.
 */
async function workOff(
  verb: string,
  ids: string[],
  options: WorkOffOptions,
  work: (deadLetters: DeadLetters, batch: string[]) => Promise<void>,
): Promise<void> {
  const { filter, limit = Infinity } = readSelection(ids, options);
  const everything = Object.values(filter).every((value) => value === undefined);
  if (everything !== (options.all === true)) {
    throw new Failure(
      everything
        ? 'Say which dead letters: by id, by a filter, or --all.'
        : '--all and ids or filters exclude each other.',
    );
  }
  await withGivenDatabase('dead-letters', async (database) => {
    const deadLetters = new DeadLetters(database);
    const { count, last } = await deadLetters.measure(filter);
    const total = Math.min(count, limit);
    if (total === 0) return;
    if (!filter.ids && !options.yes && !options.dryRun)
      await confirm(`${verb} ${total.toLocaleString('en')} dead letters?`);
    const progress = progressOf(total, 'dead letters', process.stderr);
    let after = '0';
    for (let done = 0; done < total;) {
      const batch = await deadLetters.idsOf(filter, after, last, Math.min(BATCH, total - done));
      if (batch.length === 0) break;
      await work(deadLetters, batch);
      after = batch.at(-1) as string;
      done += batch.length;
      progress(done);
    }
  });
}

function countsOf(outcomes: Replay[]): Record<Replay['outcome'], number> {
  const counts = { replayed: 0, compared: 0, cleared: 0, refused: 0, gone: 0 };
  for (const { outcome } of outcomes) counts[outcome]++;
  return counts;
}

const OUTCOME_TEXTS: Record<Replay['outcome'], string> = {
  replayed: 'sent back to be delivered',
  compared: 'sent back although delivered: the same message is dropped by its worker, another one comes back here',
  cleared: 'removed, since the same message is owed already',
  refused: 'left here',
  gone: 'not there any more',
};

function printOutcomes(outcomes: Replay[], dryRun: boolean): void {
  if (dryRun) console.log('Nothing was changed. What would happen:');
  const counts = countsOf(outcomes);
  for (const outcome of Object.keys(counts) as Replay['outcome'][]) {
    if (counts[outcome] > 0) console.log(`${counts[outcome]} ${OUTCOME_TEXTS[outcome]}`);
  }
  if (outcomes.length === 0) console.log('There are none.');
  const reasons = new Map<string, string[]>();
  for (const { id, outcome, reason = '' } of outcomes) {
    if (outcome === 'refused') reasons.set(reason, [...(reasons.get(reason) ?? []), id]);
  }
  for (const [reason, ids] of reasons) {
    const shown = ids.slice(0, MAX_IDS_SHOWN).join(', ');
    console.log(`  ${printable(reason)} (${ids.length}: ${shown}${ids.length > MAX_IDS_SHOWN ? ', …' : ''})`);
  }
}
