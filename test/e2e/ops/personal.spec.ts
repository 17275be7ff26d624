import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { prefixOf } from '@herald/queue';
import { Herald } from '../../support/herald.js';
import { aDeadLetter, Ops } from '../../support/ops.js';
import { redisAt } from '../../support/redis.js';

/** Content of messages, which must never appear on pages that show ids only. */
const SECRETS = ['Oi, Carla', 'carla@example.com', '+5511987654321', 'ruim-de-ler', '4711'];
const BREAKERS = ['<script>', '<img src=x', '"><svg', '</pre><b>'];
const HTML = `"><svg onload=alert(1)></pre><b><script>alert(1)</script><img src=x onerror=alert(1)>`;

let herald: Herald;
let redis: ReturnType<typeof redisAt>;
let queue: Queue;
let letter: string;
let garbled: string;
let failedJob: string;
const correlationId = randomUUID();

/** A body full of personal data, as a careless producer puts it on a queue. */
const body = {
  message: { title: SECRETS[0], body: HTML, recipientLogin: SECRETS[1] },
  metadata: { phone: SECRETS[2], order: 4711 },
};

beforeAll(async () => {
  herald = await Herald.start({ services: ['ops'] });
  redis = redisAt(herald.redisUrl);
  queue = new Queue('delivery', { connection: redis, prefix: prefixOf('delivery', herald.namespace) });
  const error = `the title "${SECRETS[0]}" of '${SECRETS[1]}' ${HTML}`;
  letter = await aDeadLetter(herald, {
    correlation_id: correlationId,
    content: JSON.stringify({ correlationId, companyId: herald.company.id, body, [SECRETS[3]!]: 1 }),
    error,
    history: JSON.stringify([{ step: 'attempt', at: new Date().toISOString(), detail: error }]),
  });
  garbled = await aDeadLetter(herald, {
    correlation_id: null,
    company_id: null,
    job: HTML,
    content: `${HTML} ${SECRETS[0]}`,
    error: HTML,
  });

  const job = await queue.add(`${HTML} ${SECRETS[0]}`, { correlationId, companyId: herald.company.id, body });
  await job.log(`${SECRETS[0]} ${HTML}`);
  failedJob = job.id as string;
  for (const data of [HTML, null, 7, [SECRETS[0]], { ids: [HTML, 7, null], correlationId: { [HTML]: SECRETS[2] } }])
    await queue.add('deliver', data);
  // As a worker leaves a job that failed, in so far as the board shows it.
  const key = queue.toKey(failedJob);
  await redis.hset(
    key,
    'failedReason',
    error,
    'stacktrace',
    JSON.stringify([error]),
    'returnvalue',
    JSON.stringify(body),
    'finishedOn',
    Date.now(),
  );
  await redis.lrem(queue.toKey('wait'), 1, failedJob);
  await redis.zadd(queue.toKey('failed'), Date.now(), failedJob);
});
afterAll(async () => {
  await queue.close();
  redis.disconnect();
  await herald.stop();
});

const pages = () => [
  '/',
  '/dead-letters',
  `/dead-letters?error=${encodeURIComponent(HTML)}`,
  `/dead-letters/${letter}`,
  `/dead-letters/${garbled}`,
  `/messages?id=${correlationId}`,
  `/messages?id=${encodeURIComponent(HTML)}`,
  `/messages?id=${correlationId}&id=${randomUUID()}`,
];
const boardCalls = (role: string) => [
  `/board/${role}/api/queues?activeQueue=delivery`,
  `/board/${role}/api/queues?activeQueue=delivery&status=failed`,
  `/board/${role}/api/queues?activeQueue=delivery&status=waiting`,
  `/board/${role}/api/queues/delivery/${failedJob}`,
  `/board/${role}/api/queues/delivery/${failedJob}/logs`,
  `/board/${role}/api/queues/delivery/${failedJob}/flow`,
  `/board/${role}/api/job-schedulers`,
];

describe('what a message says', () => {
  it('is shown to an admin: on the page of a dead letter, and on the board', async () => {
    const admin = new Ops(herald, 'ada');
    const seen = await Promise.all([`/dead-letters/${letter}`, ...boardCalls('admin')].map((path) => admin.get(path)));
    const text = seen.map((answer) => answer.text).join('\n');
    for (const secret of SECRETS) expect(text).toContain(secret);
  });

  it('is shown to a viewer nowhere', async () => {
    const viewer = new Ops(herald, 'vera');
    for (const path of [...pages(), ...boardCalls('viewer')]) {
      const { status, text } = await viewer.get(path);
      expect([path, status]).toEqual([path, 200]);
      for (const secret of SECRETS) expect([path, text.includes(secret)]).toEqual([path, false]);
    }
  });

  it('is left out for a viewer, and ids are not', async () => {
    const viewer = new Ops(herald, 'vera');
    const page = (await viewer.get(`/dead-letters/${letter}`)).text;
    expect(page).toContain(correlationId);
    expect(page).toContain(herald.company.id);
    const { job } = JSON.parse((await viewer.get(`/board/viewer/api/queues/delivery/${failedJob}`)).text);
    expect(job.data).toMatchObject({ correlationId, companyId: herald.company.id });
  });
});

describe('HTML in what others wrote', () => {
  it.each(['ada', 'vera'] as const)('is text on every page that %s sees', async (name) => {
    const ops = new Ops(herald, name);
    for (const path of pages()) {
      const { status, text } = await ops.get(path);
      expect([path, status]).toEqual([path, 200]);
      for (const breaker of BREAKERS) expect([path, breaker, text.includes(breaker)]).toEqual([path, breaker, false]);
    }
    // It was there to be escaped.
    expect((await ops.get('/dead-letters?company=%22%3E%3Csvg')).text).toContain('&lt;svg');
  });

  it('is JSON on the boards, which no browser takes for a page', async () => {
    for (const path of boardCalls('admin')) {
      const { headers, status } = await new Ops(herald, 'ada').get(path);
      expect([path, status]).toEqual([path, 200]);
      expect(headers.get('content-type')).toContain('application/json');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });
});

it('a job whose data is no JSON hides no other', async () => {
  const job = await queue.add('deliver', {});
  await redis.hset(queue.toKey(job.id as string), 'data', '{not json');
  try {
    for (const role of ['admin', 'viewer']) {
      const ops = new Ops(herald, role === 'admin' ? 'ada' : 'vera');
      const { status, text } = await ops.get(`/board/${role}/api/queues?activeQueue=delivery&status=waiting`);
      expect(status).toBe(200);
      const { jobs } = JSON.parse(text).queues.find(({ name }: { name: string }) => name === 'delivery');
      expect(jobs.length).toBe(6);
    }
  } finally {
    await redis.hset(queue.toKey(job.id as string), 'data', '{}');
  }
});
