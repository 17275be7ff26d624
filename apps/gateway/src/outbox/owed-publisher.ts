import { agentActions, delivery, merchantAnswers, owed, type QueueContract } from '@herald/contracts';
import { QueueClient } from '@herald/queue';
import { Injectable } from '@nestjs/common';
import type { OwedJob } from './outbox-message.js';

/** The queues that the outbox feeds. */
export const OWED_QUEUES = {
  [delivery.queue]: delivery,
  [agentActions.queue]: agentActions,
  [merchantAnswers.queue]: merchantAnswers,
} satisfies Record<string, QueueContract>;

type OwedContract = QueueContract<{ owed: typeof owed }>;

/** Publishes jobs of outbox ids. The sweeper finds those that could not be published. */
@Injectable()
export class OwedPublisher {
  constructor(private readonly client: QueueClient) {}

  async publish(jobs: OwedJob[]): Promise<void> {
    await Promise.allSettled(
      jobs.map(({ queue, jobId, ids, traceparents, alone, urgent }) => {
        const traced = ids.map((id, index) => ({ id, traceparent: traceparents[index] }));
        return this.client.enqueue(
          OWED_QUEUES[queue] as OwedContract,
          'owed',
          { ids },
          { jobId, alone, urgent, traced },
        );
      }),
    );
  }
}
