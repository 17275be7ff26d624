import {
  agentActions,
  delivery,
  type DtoClass,
  EVENT_QUEUES,
  fieldsOf,
  merchantAnswers,
  type QueueContract,
} from '@herald/contracts';

/** The queues that ops watches. */
export const CONTRACTS: QueueContract[] = [delivery, agentActions, merchantAnswers, ...EVENT_QUEUES];

const jobs = CONTRACTS.flatMap((contract) => Object.entries(contract.jobs));

/** Names of jobs and fields in the contracts. Any other name is the producer's own text. */
export const JOB_NAMES: ReadonlySet<string> = new Set(jobs.map(([name]) => name));
export const FIELD_NAMES: ReadonlySet<string> = new Set(jobs.flatMap(([, { data }]) => namesIn(data as DtoClass)));

function namesIn(type: DtoClass): string[] {
  return fieldsOf(type).flatMap(({ name, nested }) => [name, ...(nested?.() ?? []).flatMap(namesIn)]);
}
