import { HeraldError, type QueueContract } from '@herald/contracts';

/**
 * Checks that every job of the contract has exactly one handler; otherwise jobs would be lost or run twice.
 * @throws Error that names each fault
 */
export function assertHandlers(
  { queue, jobs }: QueueContract,
  patternOf: (job: string) => string,
  handlers: string[],
  duplicates: string[],
): void {
  const expected = Object.keys(jobs).map(patternOf);
  const faults = [
    ...expected.filter((key) => !handlers.includes(key)).map((key) => `no handler for ${key}`),
    ...handlers
      .filter((key) => !expected.includes(key))
      .map((key) => `a handler for ${key}, which the contract does not know`),
    ...duplicates.map((key) => `two handlers for ${key}`),
  ];
  if (faults.length > 0) throw new HeraldError(`The worker of queue ${queue} has ${faults.join('; ')}`);
}
