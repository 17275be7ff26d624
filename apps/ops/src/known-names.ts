import { agentActions, delivery, merchantAnswered, merchantAnswers, type QueueContract } from '@herald/contracts';
import { z } from 'zod';

/** The queues that ops watches. */
export const CONTRACTS: QueueContract[] = [delivery, agentActions, merchantAnswers, merchantAnswered];

const jobs = CONTRACTS.flatMap((contract) => Object.entries(contract.jobs));

/** Names of jobs and of their fields, as the contracts have them; any other name is its producer's own words. */
export const JOB_NAMES: ReadonlySet<string> = new Set(jobs.map(([name]) => name));
export const FIELD_NAMES: ReadonlySet<string> = new Set(
  jobs.flatMap(([, { data }]) => propertiesOf(z.toJSONSchema(data, { io: 'input', unrepresentable: 'any' }))),
);

function propertiesOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties } = schema as { properties?: object };
  return [...Object.keys(properties ?? {}), ...Object.values(schema).flatMap(propertiesOf)];
}
