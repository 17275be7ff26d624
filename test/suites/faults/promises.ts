import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Check, table } from './report.js';

/** A promise, and where it is proved: here, by the scenarios that name its row, or by other tests. */
interface Promised {
  row: number;
  promise: string;
  /** Tests beside this run. */
  tests?: string[];
}

const PROMISES: Promised[] = [
  { row: 1, promise: 'no acknowledged message is lost' },
  { row: 2, promise: 'one effect per message' },
  { row: 3, promise: 'the proof is real' },
  {
    row: 4,
    promise: "nobody sees another's data",
    tests: ['e2e/isolation/routes.spec.ts', 'integration/isolation/second-fence.spec.ts'],
  },
  { row: 5, promise: 'no anonymous route but health and docs', tests: ['e2e/doors/routes.spec.ts'] },
  { row: 6, promise: 'Redis away never hangs a request' },
  { row: 7, promise: 'Redis away still accepts' },
  { row: 8, promise: 'workers come back by themselves' },
  { row: 9, promise: "a killed worker's jobs are re-run soon" },
  { row: 10, promise: 'a poison message hurts only itself' },
  { row: 11, promise: 'POST is idempotent', tests: ['e2e/idempotency/idempotency.spec.ts'] },
  {
    row: 12,
    promise: 'no bad input becomes a server error',
    tests: ['e2e/bad-input/table.spec.ts', 'e2e/bad-input/generated.spec.ts'],
  },
  { row: 13, promise: 'limits are exact', tests: ['e2e/doors/rate-limits.spec.ts'] },
  { row: 14, promise: 'Postgres away is said honestly' },
  { row: 15, promise: 'deploys are clean' },
  { row: 16, promise: 'one answer wins', tests: ['e2e/merchant-answers/answers.spec.ts'] },
  { row: 17, promise: 'an answer racing a delete is serialised', tests: ['e2e/merchant-answers/answers.spec.ts'] },
  { row: 18, promise: 'forged tokens fail', tests: ['e2e/doors/jwt.spec.ts', 'e2e/doors/jwks.spec.ts'] },
  { row: 19, promise: 'garbage on a queue is contained' },
  { row: 20, promise: 'memory is bounded', tests: ['e2e/delivery/feeding.spec.ts', 'bench/soak/bench.mjs'] },
  { row: 21, promise: 'no secret in a log', tests: ['e2e/secrets/logs.spec.ts', 'e2e/doors/errors.spec.ts'] },
  { row: 22, promise: 'every message can be followed' },
  { row: 23, promise: 'dashboards are locked', tests: ['e2e/ops/doors.spec.ts'] },
  { row: 24, promise: 'overload is refused early', tests: ['e2e/doors/overload.spec.ts'] },
  { row: 25, promise: 'a wiped Redis is repaired' },
  { row: 26, promise: 'dead letters can be replayed', tests: ['e2e/cli/dead-letters.spec.ts'] },
];

/** A part of this run, and whether it passed. */
export interface Proof {
  name: string;
  proves: number[];
  holds: boolean;
}

/** Each promise, and what proves it. */
export function promisesTable(proofs: Proof[]): string {
  const rows = PROMISES.map(({ row, promise, tests = [] }) => {
    const here = proofs.filter(({ proves }) => proves.includes(row));
    const result = here.length === 0 ? '' : here.every(({ holds }) => holds) ? 'holds' : 'FAILED';
    return [row, promise, [...here.map(({ name }) => name), ...tests.map((test) => `test/${test}`)].join('; '), result];
  });
  return table(['', 'promise', 'proved by', 'here'], rows);
}

/** A promise without a proof, or with a missing test, is a fault. */
export function promisesChecks(proofs: Proof[]): Check[] {
  return PROMISES.map(({ row, promise, tests = [] }) => {
    const missing = tests.filter((test) => !existsSync(resolve(__dirname, '../..', test)));
    const unproved = tests.length === 0 && !proofs.some(({ proves }) => proves.includes(row));
    return {
      name: `promise ${row} (${promise}) has a proof`,
      faults: [...missing.map((test) => `there is no test/${test}`), ...(unproved ? ['nothing proves it'] : [])],
    };
  });
}
