import { randomUUID } from 'node:crypto';
import { Database, insertCredential, tokenOf } from '@herald/database';
import { prefixOf } from '@herald/queue';
import { Worker } from 'bullmq';
import { anAction } from '../../support/actions.js';
import { aMessage, call } from '../../support/client.js';
import { commandLine } from '../../support/command-line.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Merchant, Producer } from '../../support/merchant.js';
import { redisAt } from '../../support/redis.js';

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({
    services: ['gateway', 'delivery', 'agent-actions', 'merchant-answers'],
    env: { MERCHANT_ANSWERED_EVENTS: 'on' },
  });
});
afterAll(() => herald.stop());

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** `herald dead-letters …` with no more than ops may. */
const deadLetters = (...args: string[]) => commandLine(herald.urlFor('herald_ops'), 'dead-letters', ...args);

interface Letter {
  id: string;
  correlationId: string | null;
  error: string;
}

async function listed(...filters: string[]): Promise<Letter[]> {
  const { stdout } = await deadLetters('list', ...filters, '--json');
  return (JSON.parse(stdout) as { deadLetters: Letter[] }).deadLetters;
}

const givenUp = (correlationId: string, withinMs?: number) =>
  eventually(async () => (await listed('--correlation-id', correlationId))[0], withinMs);

const places = async (id: string) =>
  (await herald.query<{ state: string }>('select state from message_places where correlation_id = $1', [id])).map(
    ({ state }) => state,
  );
const delivered = (id: string) => eventually(async () => (await places(id)).join() === 'delivered');

async function stepsOf(id: string, token = herald.token('accessToken')): Promise<string[]> {
  const { body } = await call('GET', `${herald.url}/v1/messages/${id}`, { token });
  return body.steps.map(({ step }: { step: string }) => step);
}

function producer(queue: string): Producer {
  const made = new Producer(herald, queue);
  ends.push(() => made.close());
  return made;
}

/** The database refuses one message until the returned function is called: as before a migration that mends it. */
async function refuseTitle(title: string): Promise<() => Promise<unknown>> {
  const name = `refuse_${title}`;
  await herald.query(`alter table feed_messages add constraint ${name} check (title <> '${title}')`);
  return () => herald.query(`alter table feed_messages drop constraint ${name}`);
}

async function send(message: object): Promise<string> {
  const { status, body } = await call('POST', `${herald.url}/v1/feed/ai`, {
    token: herald.token('unlimitedAccessToken'),
    body: aMessage(message as Record<string, unknown>),
  });
  expect(status).toBe(202);
  return body.correlationId;
}

describe('a message that was given up, sent back once the cause is mended', () => {
  it('is delivered once, and its whole way can be followed', async () => {
    const mend = await refuseTitle('unlucky');
    const id = await send({ title: 'unlucky' });
    const letter = await givenUp(id);
    expect(letter.error).toContain('refuse_unlucky');
    expect(await places(id)).toEqual(['given_up']);
    expect(await stepsOf(id)).toEqual(['accepted', 'queued', 'attempt', 'given_up']);

    await deadLetters('replay', letter.id);
    const again = await eventually(async () => {
      const [dead] = await listed('--correlation-id', id);
      return dead && dead.id !== letter.id && dead;
    });
    await mend();
    const { stdout } = await deadLetters('replay', again.id);
    expect(stdout).toContain('1 sent back to be delivered');
    await delivered(id);
    const life = ['queued', 'attempt', 'given_up', 'replayed'];
    expect(await stepsOf(id)).toEqual(['accepted', ...life, ...life, 'queued', 'attempt', 'delivered']);
    const { body } = await call('GET', `${herald.url}/v1/feed`, { token: herald.jwtOf('dmurta') });
    expect(body.data.filter((item: { id: string }) => item.id === id)).toHaveLength(1);
    expect((await deadLetters('replay', again.id)).stdout).toContain('There are none');
  });

  it('an action of a company that was not known', async () => {
    const companyId = randomUUID();
    const correlationId = randomUUID();
    await producer('agent-actions').put('record', { correlationId, companyId, body: anAction() });
    await givenUp(correlationId);

    const database = new Database({ url: herald.databaseUrl, applicationName: 'test-company', poolSize: 1 });
    ends.push(() => database.close());
    await database.query(`insert into companies (id, name) values ($1, 'New')`, [companyId]);
    const parts = { id: 'newcompany', secret: 'a'.repeat(32) };
    await insertCredential(database, parts, {
      companyId,
      name: 'ops',
      scopes: ['messages:read', 'agent-actions:read'],
    });
    const token = tokenOf(parts, 'dev');
    expect(await stepsOf(correlationId, token)).toEqual(['queued', 'attempt', 'given_up']);

    await deadLetters('replay', '--company', companyId, '--yes');
    await delivered(correlationId);
    expect(await stepsOf(correlationId, token)).toEqual([
      'queued',
      'attempt',
      'given_up',
      'replayed',
      'queued',
      'attempt',
      'delivered',
    ]);
    const { body } = await call('GET', `${herald.url}/team-notifications`, { token });
    expect(body).toMatchObject({ total: 1, data: [{ id: correlationId }] });
  });

  it("a question whose conversation was missing, and a conversation that was another merchant's", async () => {
    const merchant = new Merchant(herald);
    const jobs = producer('merchant-answers');
    const conversation = Math.floor(Math.random() * 1e9) + 1e6;
    const asked = randomUUID();
    await jobs.put('request', {
      correlationId: asked,
      merchantId: merchant.id,
      body: { ...merchant.aRequest(), conversation_id: conversation },
    });
    // It is tried for two minutes; here they pass faster.
    const letter = await eventually(async () => {
      for (const job of await jobs.queue.getDelayed()) await job.promote().catch(() => undefined);
      return (await listed('--correlation-id', asked))[0];
    }, 30_000);
    expect(letter.error).toBe('Conversation not found');
    const body = { id: conversation, merchant_id: merchant.id, updated_at: '2026-11-22T10:00:00Z' };
    await jobs.put('conversation.upsert', { correlationId: randomUUID(), body });
    await eventually(async () => (await herald.query('select from conversations where id = $1', [conversation]))[0]);

    await deadLetters('replay', letter.id);
    await eventually(
      async () => (await herald.query('select from notifications where correlation_id = $1', [asked])).length === 1,
    );
    await eventually(async () => (await places(asked)).length === 0);
  });

  it('the event of an answer that its consumer failed', async () => {
    const merchant = new Merchant(herald);
    const name = 'merchant-answers.answered';
    const connection = redisAt(herald.redisUrl);
    let broken = true;
    const got: string[] = [];
    const consumer = new Worker<{ id: string }>(
      name,
      async (job) => {
        if (broken) {
          job.opts.attempts = 1;
          throw new Error('broken');
        }
        got.push(job.data.id);
      },
      { connection, prefix: prefixOf(name, herald.namespace), drainDelay: 1 },
    );
    ends.push(async () => {
      await consumer.close();
      connection.disconnect();
    });
    await merchant.answer(await merchant.open());
    const letter = await eventually(async () => (await listed('--queue', name))[0], 20_000);
    broken = false;
    await deadLetters('replay', letter.id);
    await eventually(() => got.length === 1);
    await eventually(async () => (await places(letter.correlationId as string)).length === 0);
    expect(got).toEqual([letter.correlationId]);
  });
});

describe('a message that was given up and done meanwhile', () => {
  const aJob = () => ({ correlationId: randomUUID(), companyId: herald.company.id, body: aMessage() });

  /** A job is delivered, then another of its correlationId becomes a dead letter, as if it had been given up first. */
  async function doneMeanwhile(given: object): Promise<Letter & { correlationId: string }> {
    const job = aJob();
    await producer('delivery').put('deliver', job);
    await delivered(job.correlationId);
    await herald.query(
      `insert into dead_letters (job_key, correlation_id, queue, job, company_id, content, error, queued_at)
       values ($1, $2, 'delivery', 'deliver', $3, $4, 'x', now())`,
      [randomUUID(), job.correlationId, job.companyId, JSON.stringify({ ...job, ...given })],
    );
    return (await givenUp(job.correlationId)) as Letter & { correlationId: string };
  }

  it('is not delivered again, and leaves the dead letters when it is the same', async () => {
    const { id, correlationId } = await doneMeanwhile({});
    expect((await deadLetters('replay', id)).stdout).toContain('1 sent back although delivered');
    await delivered(correlationId);
  });

  it('comes back when it is another', async () => {
    const { id, correlationId } = await doneMeanwhile({ body: aMessage({ title: 'other' }) });
    await deadLetters('replay', id);
    const back = await eventually(async () => {
      const [dead] = await listed('--correlation-id', correlationId);
      return dead && dead.id !== id && dead;
    });
    expect(back.error).toBe('correlationId is in use');
    expect((await places(correlationId)).toSorted()).toEqual(['delivered', 'given_up']);
    const rows = await herald.query('select title from feed_messages where id = $1', [correlationId]);
    expect(rows).toEqual([{ title: 'Teste' }]);
  });
});

describe('many at once', () => {
  const REASON = 'many at once';
  const make = (count: number, content: object | null) =>
    herald.query(
      `insert into dead_letters (correlation_id, job_key, queue, job, company_id, content, error, accepted_at, queued_at)
       select gen_random_uuid(), case when $3::text is null then n::text end, 'delivery', 'deliver', $1,
              coalesce($3, '{}'), '${REASON}', now(), now()
         from generate_series(1, $2) n`,
      [herald.company.id, count, content && JSON.stringify(content)],
    );

  it('need a yes, can be rehearsed, go back in batches with progress, and leave garbage where it is', async () => {
    await make(1000, aMessage({ recipientLogin: 'carla' }));
    await make(3, null);
    expect(await deadLetters('replay')).toMatchObject({ failed: true, stderr: expect.stringContaining('Say which') });
    expect(await deadLetters('replay', '--error', REASON)).toMatchObject({
      failed: true,
      stderr: expect.stringContaining('--yes'),
    });
    const rehearsed = await deadLetters('replay', '--error', REASON, '--dry-run', '--json');
    expect(JSON.parse(rehearsed.stdout)).toMatchObject({ replayed: 1000, refused: 3 });
    expect(JSON.parse((await deadLetters('list', '--faults', '--json')).stdout)).toContainEqual(
      expect.objectContaining({ queue: 'delivery', job: 'deliver', error: REASON, count: 1003 }),
    );

    // Two operators at once.
    const both = await Promise.all([1, 2].map(() => deadLetters('replay', '--error', REASON, '--yes', '--json')));
    const counts = both.map(({ stdout }) => JSON.parse(stdout) as { replayed: number; refusals: object[] });
    expect(counts.reduce((sum, { replayed }) => sum + replayed, 0)).toBe(1000);
    expect(counts[0]!.refusals).toContainEqual({ id: expect.any(String), reason: expect.stringContaining('body') });
    expect(both.every(({ failed }) => failed)).toBe(true);
    // The second command sees fewer, down to the three that stay; each may find letters that the other took.
    for (const { stderr } of both) expect(stderr).toMatch(/\d+%  [\d,]+ of [\d,]+ dead letters/);
    expect(both.some(({ stderr }) => stderr.includes(' of 1,003 dead letters'))).toBe(true);
    const count = async () => {
      const [row] = await herald.query<{ count: number }>(
        `select count(*)::int from feed_messages where recipient_login = 'carla'`,
      );
      return row!.count;
    };
    await eventually(async () => (await count()) >= 1000, 30_000);
    expect(await count()).toBe(1000);
    expect(await listed('--error', REASON)).toHaveLength(3);
  });

  it('are dropped by what they have in common, and no others', async () => {
    await make(5, aMessage());
    const before = (await listed('--limit', '1000')).length;
    expect((await deadLetters('drop', '--error', 'nothing like it', '--yes')).stdout).toBe('0 dropped.\n');
    const chosen = (await listed('--error', REASON)).length;
    const { stdout } = await deadLetters('drop', '--error', REASON, '--until', '2999-01-01', '--yes', '--json');
    expect(JSON.parse(stdout)).toEqual({ dropped: chosen });
    expect(await listed('--limit', '1000')).toHaveLength(before - chosen);
  });
});

it('shows one with all that is known of it, and says what is wrong with an option', async () => {
  await producer('delivery').put('deliver', { a: '\u001b[31mred\u0000' });
  const [letter] = await eventually(async () => {
    const found = await listed('--error', 'companyId');
    return found.length > 0 && found;
  });
  const { stdout } = await deadLetters('show', letter!.id);
  expect(JSON.parse(stdout)).toMatchObject({ id: letter!.id, direct: true, content: expect.stringContaining('red') });
  expect(await deadLetters('show', '999999999')).toMatchObject({
    failed: true,
    stderr: expect.stringContaining('no dead letter 999999999'),
  });
  const wrong = await deadLetters('list', 'x', '--company', 'y', '--since', 'yesterday', '--limit', '0');
  for (const option of ['ids', 'company', 'since', 'limit']) expect(wrong.stderr).toContain(`${option}: must be`);
});
