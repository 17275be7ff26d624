import { BAD, faultsOf, type Finding } from '../checker.js';
import { type Check, table } from '../report.js';
import { AIMS } from './aims.js';
import type { StormResult } from './storm.js';
import { STRIKES } from './strikes.js';

const COUNTS = ['sent', 'acked', 'refused', 'unknown', 'unknown_done', 'lost_with_redis', ...BAD] as const;

/** What became of everything that was sent, summed over the storms. */
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

/** How often each strike found messages in each state. */
export function hitsTable(results: StormResult[]): string {
  const hits = results.flatMap((result) => result.hits);
  const count = (of: string) => hits.filter(({ aim, strike }) => aim === of || strike === of).length;
  const states = AIMS.map(({ name }) => [name, count(name)]);
  const strikes = STRIKES.map(({ name }) => [name, count(name)]);
  return `${table(['state of the messages', 'hit'], states)}\n\n${table(['fault', 'made'], strikes)}`;
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
