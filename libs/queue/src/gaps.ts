import { OwnFault, type QueueContract } from '@herald/contracts';

/**
 * A job without a method, or with two, would be lost or doubled: better not to start.
 * @throws Error naming each gap
 */
export function refuseGaps(
  { queue, jobs }: QueueContract,
  patternOf: (job: string) => string,
  handlers: string[],
  doubles: string[],
): void {
  const wanted = Object.keys(jobs).map(patternOf);
  const faults = [
    ...wanted.filter((key) => !handlers.includes(key)).map((key) => `no handler for ${key}`),
    ...handlers
      .filter((key) => !wanted.includes(key))
      .map((key) => `a handler for ${key}, which the contract does not know`),
    ...doubles.map((key) => `two handlers for ${key}`),
  ];
  if (faults.length > 0) throw new OwnFault(`The worker of queue ${queue} has ${faults.join('; ')}`);
}
