import { BAD, faultsOf, type Finding } from '../checker.js';
import { type Check, table } from '../report.js';
import { AIMS } from './aims.js';
import type { StormResult } from './storm.js';
import { STRIKES } from './strikes.js';

const COUNTS = ['sent', 'acked', 'refused', 'unknown', 'unknown_done', 'lost_with_redis', ...BAD] as const;

/** Returns the outcome of everything sent, summed over the storms. */
export function findingsTable(results: StormResult[]): string {
  const sums = new Map<string, Finding>();
  for (const finding of results.flatMap(({ findings }) => findings)) {
    const key = `${finding.slice} ${finding.door}`;
    const sum = sums.get(key);
    if (sum) for (const count of COUNTS) sum[count] += finding[count];
    else sums.set(key, { ...finding });
  }
  const head = ['slice', 'door', ...COUNTS.map((name) => name.replaceAll('_', ' '))];
  return table(
    head,
    [...sums.values()].map((sum) => [sum.slice, sum.door, ...COUNTS.map((name) => sum[name])]),
  );
}

/** Returns the same, storm by storm. */
export function seedsTable(results: StormResult[]): string {
  const counts = ['sent', 'acked', 'refused', 'indeterminate', ...BAD] as const;
  const rows = results.map(({ seed, hits, findings }) => [
    seed,
    hits.length,
    ...counts.map((count) => findings.reduce((sum, finding) => sum + finding[count], 0)),
  ]);
  return table(['seed', 'faults', ...counts.map((name) => name.replaceAll('_', ' '))], rows);
}

/** Returns how often faults met messages in each state, and how often each fault was made, storm by storm. */
export function hitsTable(results: StormResult[]): string {
  const seeds = results.map(({ seed }) => `seed ${seed}`);
  const rows = (of: { name: string }[]) =>
    of.map(({ name }) => [
      name,
      ...results.map(({ hits }) => hits.filter(({ aim, strike }) => aim === name || strike === name).length),
    ]);
  return `${table(['state of the messages', ...seeds], rows(AIMS))}\n\n${table(['fault', ...seeds], rows(STRIKES))}`;
}

/** The promises, as checks: of each door, of the whole, and of the faults themselves. */
export function checksOf({ seed, findings, hits, broken, faults }: StormResult): Check[] {
  const doors = findings.map((finding) => ({
    name: `seed ${seed}: ${finding.slice}, ${finding.door}: nothing lost, doubled, wrong, unexpected, owed or given up`,
    faults: faultsOf([finding]),
  }));
  // So few faults cannot meet every state.
  const states = faults < AIMS.length ? [] : AIMS;
  return [
    ...doors,
    { name: `seed ${seed}: everything is quiet afterwards, and no service ended by itself`, faults: broken },
    ...states.map(({ name }) => ({
      name: `seed ${seed}: a fault found messages "${name}"`,
      faults: hits.some(({ aim }) => aim === name) ? [] : ['the state was never hit'],
    })),
  ];
}
