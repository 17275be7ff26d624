import { Worker } from 'bullmq';
import { prefixOf } from '@herald/queue';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Merchant, Producer } from '../../support/merchant.js';
import { brokenBuild } from '../../support/preloads.js';
import { redisAt } from '../../support/redis.js';

const QUEUE = 'merchant-answers.answered';

let herald: Herald;
let merchant: Merchant;
beforeAll(async () => {
  herald = await Herald.start({
    services: ['gateway', 'merchant-answers'],
    env: { MERCHANT_ANSWERED_EVENTS: 'on' },
  });
  merchant = new Merchant(herald);
});
afterAll(() => herald.stop());

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Event {
  id: string;
  correlationId: string;
  notification: { id: number };
  [field: string]: unknown;
}

/** The system that owns the conversations: any BullMQ worker on the queue. */
function consumer(consume: (event: Event) => unknown = () => undefined): Event[] {
  const events: Event[] = [];
  const connection = redisAt(herald.redisUrl);
  const worker = new Worker<Event>(
    QUEUE,
    async ({ data }) => {
      events.push(data);
      await consume(data);
    },
    { connection, prefix: prefixOf(QUEUE, herald.namespace), drainDelay: 1 },
  );
  ends.push(async () => {
    await worker.close();
    connection.disconnect();
  });
  return events;
}

const owed = (id: number) =>
  herald.query<{ id: string; job_id: string | null }>(
    `select id, job_id from outbox where queue = '${QUEUE}' and (body #>> '{notification,id}')::int = $1`,
    [id],
  );
const eventOf = (events: Event[], id: number) =>
  eventually(() => events.find(({ notification }) => notification.id === id));

/** Answers a question and returns its event as the consumer got it. */
async function answered(events: Event[], answer = 'Yes, we do'): Promise<{ id: number; event: Event }> {
  const id = await merchant.open({ context: { question: 'Do you ship?', document_id: 7 } });
  const { headers } = await merchant.answer(id, { answer });
  const event = await eventOf(events, id);
  expect(event.correlationId).toBe(headers.get('x-correlation-id'));
  return { id, event };
}

describe('the event of an answer', () => {
  it('has notification, conversation, question and answer, and its row goes once its job was seen completed', async () => {
    const events = consumer();
    const { id, event } = await answered(events);
    const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(event).toEqual({
      v: 1,
      id: uuid,
      correlationId: uuid,
      answered_at: time,
      merchant_id: 1,
      conversation: { id: 456, lead_phone: '+1234567890', lead_name: null },
      notification: { id, correlationId: uuid, notification_type: 'user_question_request', created_at: time },
      question: { question: 'Do you ship?', document_id: 7 },
      answer: { answer: 'Yes, we do' },
    });
    await eventually(async () => (await owed(id)).length === 0);
    expect(events.filter(({ notification }) => notification.id === id)).toHaveLength(1);
  });

  it('stays owed while its consumer is away, and while it fails for a passing reason', async () => {
    const id = await merchant.open();
    await merchant.answer(id);
    await eventually(async () => (await owed(id))[0]?.job_id);
    let attempts = 0;
    consumer(({ notification }) => {
      if (notification.id === id && ++attempts === 1) throw new Error('try again');
    });
    await eventually(() => attempts === 1);
    expect(await owed(id)).toHaveLength(1);
    await eventually(() => attempts === 2);
    await eventually(async () => (await owed(id)).length === 0);
  });

  it('is published again, under the same id, when Redis lost its job', async () => {
    const id = await merchant.open();
    await merchant.answer(id);
    const { job_id: jobId, id: eventId } = (await eventually(async () => {
      const [row] = await owed(id);
      return row?.job_id && row;
    })) as { id: string; job_id: string };
    const producer = new Producer(herald, QUEUE);
    ends.push(() => producer.close());
    await eventually(() => producer.queue.getJob(jobId));
    await producer.queue.remove(jobId);
    const event = await eventOf(consumer(), id);
    expect(event.id).toBe(eventId);
    await eventually(async () => (await owed(id)).length === 0);
  });

  it('that its consumer refuses for good becomes a dead letter', async () => {
    const producer = new Producer(herald, QUEUE);
    ends.push(() => producer.close());
    const id = await merchant.open();
    await merchant.answer(id);
    const { job_id: jobId, id: eventId } = (await eventually(async () => {
      const [row] = await owed(id);
      return row?.job_id && row;
    })) as { id: string; job_id: string };
    consumer(({ notification }) => {
      if (notification.id === id) throw new Error('never');
    });
    // All of its attempts, without the waits between them.
    await eventually(async () => {
      const delayed = await producer.queue.getJob(jobId);
      if (await delayed?.isDelayed()) await delayed?.promote();
      return (await owed(id)).length === 0;
    }, 30_000);
    const [letter] = await herald.query('select * from dead_letters where correlation_id = $1', [eventId]);
    expect(letter).toMatchObject({ queue: QUEUE, job: 'answered', content: expect.stringContaining('"Yes"') });
  });

  it('would stay unheard without the relay', async () => {
    await herald.service('gateway').stop();
    await herald.startService('gateway', { preload: brokenBuild('gateway/no-event-relay') });
    const events = consumer();
    const id = await merchant.open();
    await merchant.answer(id);
    await expect(eventually(() => events.length, 2000)).rejects.toThrow('Not within');
    expect(await owed(id)).toMatchObject([{ job_id: null }]);
    await herald.service('gateway').stop();
    await herald.startService('gateway');
    await eventOf(events, id);
  });

  it('is not written while no consumer is configured', async () => {
    await herald.service('merchant-answers').stop();
    await herald.startService('merchant-answers', { env: { MERCHANT_ANSWERED_EVENTS: 'off' } });
    const id = await merchant.open();
    expect((await merchant.answer(id)).status).toBe(200);
    expect(await owed(id)).toEqual([]);
  });
});
