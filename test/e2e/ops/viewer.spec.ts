import { randomUUID } from 'node:crypto';
import { appRoutes } from '@bull-board/api/dist/routes.js';
import { Queue } from 'bullmq';
import { prefixOf } from '@herald/queue';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { aDeadLetter, Ops } from '../../support/ops.js';
import { redisAt } from '../../support/redis.js';

/** Words and numbers that stand in messages alone. */
const WORD = 'zwiebelkuchen';
const PHONE = '5511987654321';
const escaped = [...WORD].map((letter) => String.raw`\u00` + letter.charCodeAt(0).toString(16)).join('');
const TELLTALES = [WORD, PHONE, WORD.toUpperCase(), escaped, 'wiebelkuch'];

/** Every way in which an error may quote a message. */
const ERRORS = [
  `the title "${WORD}" is too long`,
  `the title '${WORD}' is too long`,
  `the title "she said "${WORD}" and left" is too long`,
  String.raw`the title "she said \"${WORD}\" and left`,
  `the title “${WORD}” is too long`,
  `the title \`${WORD} was cut`,
  `Unexpected token 'O', "OTP ${PHONE} ${WORD}" is not valid JSON`,
  `invalid input syntax for type uuid: ${WORD}`,
  `"${escaped}" is not known`,
  `body.metadata.${WORD}: must be a string`,
  `body.metadata.${PHONE}: must be a string`,
  `the queue delivery has no job "${WORD}"`,
  `${PHONE} ${WORD.toUpperCase()}`,
];

let herald: Herald;
let redis: ReturnType<typeof redisAt>;
let queue: Queue;
let viewer: Ops;
let admin: Ops;
const jobs: string[] = [];
const letters: string[] = [];

const said = {
  v: Number(PHONE),
  ids: [WORD, PHONE, { [WORD]: PHONE }],
  id: WORD,
  correlationId: `${WORD} ${PHONE}`,
  companyId: PHONE,
  alone: WORD,
  deadline: Number(PHONE),
  replyTo: WORD,
  [WORD]: WORD,
  [`n${PHONE}`]: 1,
  body: {
    message: { title: `"${WORD}"`, body: escaped, authorLogin: WORD },
    metadata: { [WORD]: [[WORD], Number(PHONE)] },
  },
};

/** A job with these texts in every place that Redis has for it. */
async function aJob(id: string | undefined, state: 'failed' | 'completed' | 'wait', error: string): Promise<void> {
  const parent = { id: WORD, queue: WORD };
  const job = await queue.add(WORD, said, { jobId: id, attempts: 3, deduplication: { id: `${WORD}-${randomUUID()}` } });
  await job.log(WORD);
  const key = queue.toKey(job.id as string);
  const options = {
    attempts: 3,
    backoff: { type: WORD },
    delay: Number(PHONE),
    group: { id: WORD },
    repeatJobKey: WORD,
  };
  await redis.hset(key, {
    failedReason: error,
    stacktrace: JSON.stringify([error]),
    returnvalue: JSON.stringify(said),
    progress: JSON.stringify({ [WORD]: WORD }),
    opts: JSON.stringify({ ...options, jobId: id ?? WORD, parent }),
    pb: WORD,
    defa: WORD,
    deid: WORD,
    delay: PHONE,
    priority: PHONE,
    timestamp: PHONE,
    processedOn: PHONE,
    finishedOn: PHONE,
    atm: PHONE,
    stc: PHONE,
  });
  if (state !== 'wait') {
    await redis.lrem(queue.toKey('wait'), 1, job.id as string);
    await redis.zadd(queue.toKey(state), Date.now(), job.id as string);
  }
  jobs.push(job.id as string);
}

beforeAll(async () => {
  herald = await Herald.start({ services: ['ops'] });
  viewer = new Ops(herald, 'vera');
  admin = new Ops(herald, 'ada');
  redis = redisAt(herald.redisUrl);
  queue = new Queue('delivery', { connection: redis, prefix: prefixOf('delivery', herald.namespace) });
  for (const error of ERRORS) {
    await aJob(undefined, 'failed', error);
    letters.push(
      await aDeadLetter(herald, {
        job: WORD,
        content: JSON.stringify(said),
        error,
        history: JSON.stringify([{ step: 'attempt', at: new Date().toISOString(), detail: error }]),
      }),
    );
  }
  for (const content of [`{"${WORD}`, JSON.stringify(WORD), PHONE, JSON.stringify([WORD]), `NaN ${WORD}`])
    letters.push(
      await aDeadLetter(herald, { content, job: `${WORD}.${WORD}`, correlation_id: null, company_id: null }),
    );
  await aJob(WORD, 'failed', WORD);
  await aJob(`lead-${WORD}`, 'completed', '');
  await aJob(randomUUID(), 'wait', '');
  const unreadable = await queue.add(WORD, {}, { jobId: randomUUID() });
  const key = queue.toKey(unreadable.id as string);
  await redis.hset(key, { data: `{"${WORD}"`, opts: `{"${WORD}"`, stacktrace: `["${WORD}"`, failedReason: WORD });
  jobs.push(unreadable.id as string);
  // As producers in other languages may put it there: BullMQ refuses such an id.
  await redis.hset(queue.toKey(PHONE), { name: WORD, data: JSON.stringify(said), timestamp: Date.now(), opts: '{}' });
  await redis.zadd(queue.toKey('failed'), Date.now(), PHONE);
  jobs.push(PHONE);
  await queue.upsertJobScheduler(WORD, { pattern: '0 0 1 1 *' }, { name: WORD, data: said });
});
afterAll(async () => {
  await queue?.close();
  redis?.disconnect();
  await herald?.stop();
});

/** Every route that can be read, with what stands there in the place of each parameter. */
function paths(role: 'viewer' | 'admin'): string[] {
  const board = [appRoutes.entryPoint, ...appRoutes.api].flatMap(({ method, route }) =>
    [method].flat()[0] === 'get' ? [route].flat() : [],
  );
  expect(board.length).toBeGreaterThan(12);
  const states = ['latest', 'active', 'waiting', 'prioritized', 'completed', 'failed', 'delayed', WORD];
  return [
    '/',
    '/dead-letters',
    '/dead-letters?queue=delivery',
    '/messages',
    `/dead-letters/drop?id=${letters[0]}`,
    ...letters.map((id) => `/dead-letters/${id}`),
    ...board.flatMap((route) =>
      (route.includes(':jobId') ? jobs : ['']).map(
        (id) => `/board/${role}${route.replace(':queueName', 'delivery').replace(':jobId', encodeURIComponent(id))}`,
      ),
    ),
    ...states.map((state) => `/board/${role}/api/queues?activeQueue=delivery&status=${state}&jobsPerPage=100`),
    `/board/${role}/api/job-schedulers?queueName=delivery`,
  ];
}

/** Returns a response without the address of the request. */
async function read(ops: Ops, path: string): Promise<string> {
  const { text, headers } = await ops.get(path);
  const asked = new RegExp(decodeURIComponent(path).replaceAll(/[^\w/]/g, '.'), 'g');
  return `${text.replaceAll(asked, '')}\n${JSON.stringify([...headers])}`;
}

const told = (text: string) => TELLTALES.filter((telltale) => text.includes(telltale));

it('a viewer reads nothing of what messages say, on any page and at any route of the board', async () => {
  for (const path of paths('viewer')) expect([path, told(await read(viewer, path))]).toEqual([path, []]);
});

it('an admin reads all of it at the same routes', async () => {
  const seen = new Set<string>();
  for (const path of paths('admin')) for (const telltale of told(await read(admin, path))) seen.add(telltale);
  expect([...seen].sort()).toEqual([...TELLTALES].sort());
});

it('a viewer still reads what kind of fault it is, and faults that read alike are one', async () => {
  const { text } = await viewer.get('/dead-letters');
  expect(text).toContain('the ••• is too long');
  expect(
    text.match(/<th scope="row">delivery <small>•••<\/small><\/th>\s+<td[^>]+>\s+the ••• is too long/g),
  ).toHaveLength(1);
});

it('a viewer cannot find out what an error says by searching', async () => {
  const search = (error: string, more = '') => viewer.get(`/dead-letters?error=${encodeURIComponent(error)}${more}`);
  for (const more of ['', '&queue=delivery', `&cursor=${letters.at(-1)}`]) {
    const [found, missed] = [await search(WORD.slice(0, 3), more), await search('nothing says this', more)];
    expect(found).toMatchObject({ status: 200, text: missed.text });
    expect(found.text).toContain('Only admins may search by error');
  }
  expect((await viewer.get('/dead-letters')).text).not.toContain('name="error"');
  expect((await admin.get(`/dead-letters?error=${WORD}`)).text).not.toBe(
    (await admin.get('/dead-letters?error=x_x')).text,
  );
});

it('a viewer cannot find out which ids jobs have', async () => {
  const answerFor = async (id: string, more = '') => {
    const { status, text } = await viewer.get(`/board/viewer/api/queues/delivery/${encodeURIComponent(id)}${more}`);
    return [status, text];
  };
  for (const more of ['', '/logs', '/flow']) {
    for (const [there, absent] of [
      [WORD, 'abc'],
      [PHONE, '5511987654320'],
    ] as const) {
      expect(await answerFor(there, more)).toEqual(await answerFor(absent, more));
    }
  }
  expect((await admin.get(`/board/admin/api/queues/delivery/${WORD}`)).status).toBe(200);
});

it('the log says what an admin did, and not the id that a producer gave', async () => {
  for (const id of [WORD, jobs[0] as string])
    await admin.ask('PUT', `/board/admin/api/queues/delivery/${id}/promote`, undefined, { origin: admin.url });
  const said = (id: string) => `ada sent PUT /board/admin/api/queues/delivery/${id}/promote`;
  await eventually(() => [':jobId', jobs[0] as string].every((id) => herald.service('ops').log.includes(said(id))));
  expect(told(herald.service('ops').log)).toEqual([]);
});
