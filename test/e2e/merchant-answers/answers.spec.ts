import { randomUUID } from 'node:crypto';
import type { Answer } from '../../support/client.js';
import { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';

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

const ALREADY = 'This notification has already been answered and cannot be answered again.';
const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status).toSorted((a, b) => a - b);
const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));
const aKey = () => ({ 'idempotency-key': randomUUID() });

/** On a busy machine 100 at once may meet a 503 or a 504: a retry with the key is safe (contracts README, "Commands"). */
async function surely(attempt: (key: { 'idempotency-key': string }) => Promise<Answer>, key = aKey()): Promise<Answer> {
  for (;;) {
    const answer = await attempt(key);
    if (answer.status !== 503 && answer.status !== 504) return answer;
  }
}

const stored = async (id: number) =>
  (
    await herald.query<{ status: string; answer: unknown }>('select status, answer from notifications where id = $1', [
      id,
    ])
  )[0];
const eventsOf = (id: number) =>
  herald.query<{ body: { id: string; answer: unknown } }>(
    `select body from outbox where queue = 'merchant-answers.answered' and (body #>> '{notification,id}')::int = $1`,
    [id],
  );

describe('one answer wins', () => {
  it("of 100 at once: one succeeds, 99 are refused, the answer is the winner's, and there is one event", async () => {
    const id = await merchant.open();
    const answers = await times(100, (n) => surely((key) => merchant.answer(id, { answer: `answer ${n}` }, key)));
    const winner = answers.findIndex(({ status }) => status === 200);
    expect(answers[winner]?.body).toEqual({ message: 'Notification answered successfully' });
    const losers = answers.filter((_, n) => n !== winner);
    for (const loser of losers) expect(loser).toMatchObject({ status: 500, body: { detail: ALREADY } });
    expect(await stored(id)).toEqual({ status: 'answered', answer: { answer: `answer ${winner}` } });
    expect(await eventsOf(id)).toMatchObject([{ body: { answer: { answer: `answer ${winner}` } } }]);
  });

  it('also when two workers answer different notifications in different orders', async () => {
    await herald.startService('merchant-answers', {}, 'second worker');
    const ids = await times(10, () => merchant.open());
    const answers = await times(100, (n) =>
      surely((key) =>
        merchant.answer((n % 20 < 10 ? ids[n % 10] : ids.toReversed()[n % 10]) as number, undefined, key),
      ),
    );
    const successes = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ body }) => body.detail === ALREADY);
    expect([successes.length, refused.length]).toEqual([10, 90]);
    for (const id of ids) expect(await eventsOf(id)).toHaveLength(1);
    await herald.service('second worker').stop();
  });
});

describe('an answer against a delete', () => {
  it('is serialised: the row is gone, and the event is there exactly when the answer got 200', async () => {
    const outcomes = new Set<number>();
    for (let round = 0; round < 20; round++) {
      const id = await merchant.open();
      const [answered, deleted] = await Promise.all(
        round % 2
          ? [merchant.answer(id), merchant.delete(id)]
          : [merchant.delete(id), merchant.answer(id)].toReversed(),
      );
      expect(deleted?.status).toBe(200);
      expect([200, 404]).toContain(answered?.status);
      outcomes.add(answered?.status as number);
      expect(await stored(id)).toBeUndefined();
      expect(await eventsOf(id)).toHaveLength(answered?.status === 200 ? 1 : 0);
    }
  });

  it('lets an answered notification be deleted', async () => {
    const id = await merchant.open();
    expect((await merchant.answer(id)).status).toBe(200);
    expect((await merchant.delete(id)).status).toBe(200);
    expect((await merchant.answer(id)).status).toBe(404);
    expect(await eventsOf(id)).toHaveLength(1);
  });
});

describe('an Idempotency-Key', () => {
  it('gives a repeated answer its first result, 50 times at once too', async () => {
    const id = await merchant.open();
    const headers = aKey();
    const answers = await times(50, () => surely((key) => merchant.answer(id, { answer: 'Yes' }, key), headers));
    expect(new Set(statuses(answers))).toEqual(new Set([200]));
    expect(
      answers.filter((answer) => answer.headers.get('idempotent-replayed') === 'true').length,
    ).toBeGreaterThanOrEqual(49);
    expect(new Set(answers.map((answer) => answer.headers.get('x-correlation-id'))).size).toBe(1);
    expect(await eventsOf(id)).toHaveLength(1);
  });

  it('is free once its time is over, and then its request is a new one', async () => {
    const id = await merchant.open();
    const [answerKey, requestKey] = [aKey(), aKey()];
    const body = merchant.aRequest();
    await merchant.answer(id, { answer: 'Yes' }, answerKey);
    await merchant.request(body, requestKey);
    expect((await merchant.answer(id, { answer: 'No' }, answerKey)).status).toBe(422);
    await herald.query(`update requests set created_at = now() - interval '49 hours'`);
    const again = await merchant.answer(id, { answer: 'Yes' }, answerKey);
    expect([again.status, again.body.detail]).toEqual([
      500,
      'This notification has already been answered and cannot be answered again.',
    ]);
    const asked = await merchant.request(body, requestKey);
    expect([asked.status, asked.headers.get('idempotent-replayed')]).toEqual([200, null]);
    const made = await herald.query<{ correlation_id: string }>(
      'select correlation_id from notifications where context @> $1 order by notifications.id',
      [body.context],
    );
    expect(made).toHaveLength(2);
    expect(made[1]?.correlation_id).toBe(asked.headers.get('x-correlation-id'));
  });
});

describe("a merchant never learns of another's notification", () => {
  const [NOWHERE, FOREIGN] = [900_000_001, 'foreign'] as const;

  it('gets the same 404 whether it exists or not, and sees none of it', async () => {
    const others = [new Merchant(herald, 1), new Merchant(herald, 0, herald.otherCompany)];
    const id = await merchant.open();
    for (const other of others) {
      expect((await other.list()).body.map((item: { id: number }) => item.id)).not.toContain(id);
      for (const attempt of [other.answer, other.delete]) {
        const foreign = await attempt.call(other, id);
        const nowhere = await attempt.call(other, NOWHERE);
        const shapeOf = ({ status, body }: typeof foreign) => [status, body.error, body.message, body.detail];
        expect(shapeOf(foreign)).toEqual(shapeOf(nowhere));
        expect(foreign.status).toBe(404);
      }
    }
    expect(await stored(id)).toEqual({ status: 'requested', answer: null });
  });

  it('in the same time within noise', async () => {
    const other = new Merchant(herald, 1);
    const id = await merchant.open();
    const tookMs: Record<string, number[]> = { [FOREIGN]: [], nowhere: [] };
    for (let round = 0; round < 60; round++) {
      for (const [which, target] of [
        [FOREIGN, id],
        ['nowhere', NOWHERE],
      ] as const) {
        const start = performance.now();
        await other.answer(target);
        tookMs[which]?.push(performance.now() - start);
      }
    }
    const medianOf = (which: string) => tookMs[which]?.toSorted((a, b) => a - b)[30] as number;
    const ratio = medianOf(FOREIGN) / medianOf('nowhere');
    expect(ratio).toBeGreaterThan(0.6);
    expect(ratio).toBeLessThan(1.7);
  });

  it.each([
    '0',
    '-1',
    '1.5',
    'abc',
    '1e3',
    '99999999999999999999',
    '9007199254740993',
    '%00',
    '123e4567-e89b-12d3-a456-426614174123',
  ])('gets it for the id %s too', async (id) => {
    const answers = [await merchant.answer(id), await merchant.delete(id)];
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 404, body: { error: 'NotFound', detail: expect.any(String) } });
  });
});
