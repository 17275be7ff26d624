import { merchantTenant, type MessageTrace } from '@herald/contracts';
import { Database, findPlaces, findQuestionPlace, type MessagePlace, stepsOf } from '@herald/database';
import { QueueClient } from '@herald/queue';
import { Injectable } from '@nestjs/common';
import { OWED_QUEUES } from '../outbox/owed-publisher.js';

/** Reads the state and the steps of a message or command from its row. */
@Injectable()
export class MessageTraceQuery {
  constructor(
    private readonly database: Database,
    private readonly queues: QueueClient,
  ) {}

  /** Returns undefined when the company has no such message. */
  async find(companyId: string, correlationId: string): Promise<MessageTrace | undefined> {
    const [place] = await this.database.asCompany(companyId, (tx) => findPlaces(tx, [correlationId], companyId));
    return this.traceOf(place);
  }

  /** Returns undefined when the merchant has no such question, answer or command. */
  async findForMerchant(merchantId: number, correlationId: string): Promise<MessageTrace | undefined> {
    const place = await this.database.asMerchant(merchantId, async (tx) => {
      const [found] = await findPlaces(tx, [correlationId], merchantTenant(merchantId));
      return found ?? (await findQuestionPlace(tx, correlationId, merchantId));
    });
    return this.traceOf(place);
  }

  private async traceOf(place: MessagePlace | undefined): Promise<MessageTrace | undefined> {
    if (!place) return undefined;
    const state = place.state === 'queued' && (await this.isActive(place)) ? 'active' : place.state;
    return { correlationId: place.correlation_id, queue: place.queue, state, steps: stepsOf(place) };
  }

  /** Returns whether Redis says that the job is active; when Redis is unreachable, the message counts as queued. */
  private async isActive({ queue, job_id }: MessagePlace): Promise<boolean> {
    const contract = OWED_QUEUES[queue];
    if (!contract || !job_id) return false;
    return this.queues.states(contract, [job_id]).then(
      ([state]) => state === 'active',
      () => false,
    );
  }
}
