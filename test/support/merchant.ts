import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { prefixOf } from '@herald/queue';
import { type Answer, call } from './client.js';
import type { Herald } from './herald.js';
import { redisAt } from './redis.js';

/** A merchant of the demo data, at the routes of their API. */
export class Merchant {
  constructor(
    private readonly herald: Herald,
    private readonly seat = 0,
    private readonly company = herald.company,
  ) {}

  get id(): number {
    return this.access.id;
  }

  get token(): string {
    return this.access.jwt;
  }

  get conversationId(): number {
    return this.access.conversationIds[0] as number;
  }

  list(query = ''): Promise<Answer> {
    return this.call('GET', `/${query}`);
  }

  request(changes: object = {}, headers = {}): Promise<Answer> {
    return this.call('POST', '/request', { ...this.aRequest(), ...changes }, headers);
  }

  answer(id: number | string, body: unknown = { answer: 'Yes' }, headers = {}): Promise<Answer> {
    return this.call('POST', `/${id}/answer`, body, headers);
  }

  delete(id: number | string, headers = {}): Promise<Answer> {
    return this.call('DELETE', `/${id}`, undefined, headers);
  }

  call(method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
    return call(method, `${this.herald.url}/api/v1/notification${path}`, { token: this.token, body, headers });
  }

  /** A notification that waits for an answer; the test names what matters to it. */
  async open(changes: object = {}): Promise<number> {
    const { headers, status, body } = await this.request(changes);
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    const [made] = await this.herald.query<{ id: string }>('select id from notifications where correlation_id = $1', [
      headers.get('x-correlation-id'),
    ]);
    return Number(made?.id);
  }

  aRequest() {
    return {
      notification_type: 'user_question_request',
      conversation_id: this.conversationId,
      context: { question: `Do you ship internationally? ${randomUUID()}` },
    };
  }

  private get access() {
    return this.company.merchants[this.seat] as (typeof this.company.merchants)[number];
  }
}

/** An internal service that puts jobs on a queue itself; it knows Herald's prefix and nothing else of it. */
export class Producer {
  private readonly redis: ReturnType<typeof redisAt>;
  readonly queue: Queue;

  constructor(herald: Herald, queue: string) {
    this.redis = redisAt(herald.redisUrl);
    this.queue = new Queue(queue, { connection: this.redis, prefix: prefixOf(queue, herald.namespace) });
  }

  async put(job: string, data: unknown, options = {}): Promise<void> {
    await this.queue.add(job, data, options);
  }

  async close(): Promise<void> {
    await this.queue.close();
    this.redis.disconnect();
  }
}
