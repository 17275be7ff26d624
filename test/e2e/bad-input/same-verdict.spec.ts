import { agentActions, delivery, factsOf, RecordAction, SendMessage } from '@herald/contracts';
import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { instanceOf } from '../../../libs/contracts/src/dto.js';
import { passesRules } from '../../../libs/contracts/src/passes-rules.js';
import { bodies } from './generated-bodies.js';
import { nearly, uuid } from './generated-values.js';
import { isObject } from './rules.js';

const RUNS = Number(process.env['HERALD_TEST_BODIES'] ?? 1000);

const jobOf = (body: fc.Arbitrary<unknown>) =>
  fc.record(
    { v: fc.constantFrom(1, 1, 1, 2), correlationId: uuid, companyId: uuid, body },
    { requiredKeys: ['correlationId', 'companyId', 'body'] },
  );

/** An instance, and those within it. */
function dtosIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.values(value).flatMap(dtosIn);
  return factsOf(value.constructor) ? [value, ...inside] : inside;
}

it.each([
  ['a message', SendMessage, bodies.message],
  ['an action', RecordAction, bodies.action],
  ['a job with a message', delivery.jobs.deliver.data, jobOf(bodies.message)],
  ['a job with an action', agentActions.jobs.record.data, jobOf(bodies.action)],
] as const)('class-validator finds a fault in %s exactly where the quick check does', (_, type, good) => {
  const verdicts = { kept: 0, broken: 0 };
  fc.assert(
    fc.property(fc.oneof(good, nearly(good)), (given) => {
      const plain: unknown = JSON.parse(JSON.stringify(given) ?? 'null');
      fc.pre(isObject(plain));
      for (const instance of dtosIn(instanceOf<object>(type, plain))) {
        const kept = passesRules(instance);
        expect(kept).toBe(validateSync(instance).length === 0);
        verdicts[kept ? 'kept' : 'broken']++;
      }
    }),
    { numRuns: RUNS },
  );
  expect(Math.min(verdicts.kept, verdicts.broken)).toBeGreaterThan(RUNS / 20);
});
