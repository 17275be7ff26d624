import { call } from '../../support/client.js';
import { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';
import { clientOf } from '../../support/typed-client.js';

let herald: Herald;
let merchant: Merchant;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'merchant-answers'] });
  merchant = new Merchant(herald);
});
afterAll(() => herald.stop());

describe('a question, by a typed client', () => {
  const NOTIFICATIONS = '/api/v1/notification';

  it('is asked, listed, answered and dismissed', async () => {
    const { jwt, conversationIds } = herald.company.merchants[0]!;
    const client = clientOf(herald.url, jwt);
    const asked = await client.POST(`${NOTIFICATIONS}/request`, {
      body: {
        notification_type: 'user_question_request',
        conversation_id: conversationIds[0]!,
        context: { question: 'Do you ship internationally?' },
      },
    });
    expect(asked.data).toEqual({ message: 'Notification requested successfully' });
    const { data: list } = await client.GET(NOTIFICATIONS, { params: { query: { status: 'requested' } } });
    const [newest] = list!;
    expect(newest).toMatchObject({ requested_fields: ['question'], answered_fields: ['answer'] });
    const params = { path: { notification_id: newest!.id } };
    const answered = await client.POST(`${NOTIFICATIONS}/{notification_id}/answer`, {
      params,
      body: { answer: 'Yes' },
    });
    expect(answered.data).toEqual({ message: 'Notification answered successfully' });
    const again = await client.POST(`${NOTIFICATIONS}/{notification_id}/answer`, { params, body: { answer: 'No' } });
    expect(again.error).toMatchObject({ detail: expect.stringContaining('already been answered') });
    const dismissed = await client.DELETE(`${NOTIFICATIONS}/{notification_id}`, { params });
    expect(dismissed.data).toEqual({ message: 'Notification deleted successfully' });
  });
});

describe('what is no answer at all', () => {
  it.each([
    ['malformed JSON', '{"answer": ', 400, 'ValidationError'],
    ['an empty body', '', 400, 'ValidationError'],
    ['an array', '[]', 400, 'ValidationError'],
    ['a string', '"yes"', 400, 'ValidationError'],
    ['null', 'null', 400, 'ValidationError'],
    ['1 MB', JSON.stringify({ answer: 'x'.repeat(1_000_000) }), 413, 'PayloadTooLarge'],
  ])('%s is refused, with detail', async (_, body, status, error) => {
    const id = await merchant.open();
    for (const path of [`/${id}/answer`, '/request']) {
      const answer = await merchant.call('POST', path, body, { 'content-type': 'application/json' });
      expect(answer).toMatchObject({ status, body: { error, statusCode: status, detail: expect.any(String) } });
      expect(answer.body.detail).toBe(answer.body.message);
    }
  });

  it('another content type is refused', async () => {
    const answer = await merchant.call('POST', '/request', 'a=b', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(answer).toMatchObject({ status: 415, body: { error: 'UnsupportedMediaType', detail: expect.any(String) } });
  });

  it('a problem document has the same facts for those who ask for one', async () => {
    const answer = await merchant.call('POST', '/request', {}, { accept: 'application/problem+json' });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({
      status: 500,
      title: 'ValidationError',
      detail: 'notification_type is required',
    });
  });
});

describe('the list', () => {
  it('refuses bad filters', async () => {
    for (const query of [
      '?status=open',
      '?status=',
      '?status=requested&status=answered',
      '?notification_types=nonsense',
      '?notification_types=',
      '?notification_types=user_question_request&notification_types=x',
      '?cursor=x',
    ]) {
      expect(await merchant.list(query)).toMatchObject({
        status: 400,
        body: { error: 'ValidationError', detail: expect.any(String) },
      });
    }
    expect((await merchant.list('?unknown=1')).status).toBe(200);
  });

  it('is at most 1,000 long, newest first, and links to the rest without gaps or repeats', async () => {
    const other = new Merchant(herald, 1);
    await other.open();
    await herald.query(
      `insert into notifications (correlation_id, merchant_id, conversation_id, notification_type, context,
                                  requested_fields, answered_fields, answer_schema, allow_multiple_answers)
       select gen_random_uuid(), merchant_id, conversation_id, notification_type, context, requested_fields, answered_fields,
              answer_schema, allow_multiple_answers
         from notifications, generate_series(1, 2100) where merchant_id = $1`,
      [other.id],
    );
    const seen: number[] = [];
    let query: string | undefined = '?status=requested&notification_types=user_question_request';
    const sizes: number[] = [];
    while (query !== undefined) {
      const { body, headers } = await other.list(query);
      sizes.push(body.length);
      seen.push(...body.map(({ id }: { id: number }) => id));
      query = /^<\/api\/v1\/notification\/(\?[^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
    }
    expect(sizes).toEqual([1000, 1000, 101]);
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => b - a));
  });

  it('is read along an index, as the gateway', async () => {
    const plans = await Promise.all(
      ["n.status = 'requested' and", ''].map(async (filter) => {
        const client = await herald.pool.connect();
        await client.query(
          `begin; set local role herald_gateway; set local herald.merchant = '1'; set local enable_sort = off`,
        );
        const { rows } = await client.query(
          `explain select * from notifications n where ${filter} merchant_id = 1 and id < 1000000 order by id desc limit 1001`,
        );
        await client.query('rollback');
        client.release();
        return JSON.stringify(rows);
      }),
    );
    expect(plans[0]).toContain('notifications_requested');
    expect(plans[1]).toContain('notifications_merchant');
    for (const plan of plans) expect(plan).not.toContain('Sort');
  });
});

describe('a gateway that is set to 422', () => {
  it('answers validation failures with it, and neither counts them as faults of its own', async () => {
    const modern = await herald.startService(
      'gateway',
      { env: { MERCHANT_VALIDATION_STATUS: '422' } },
      'modern gateway',
    );
    const url = `${modern.url}/api/v1/notification/request`;
    expect(await call('POST', url, { token: herald.company.merchants[0]?.jwt, body: {} })).toMatchObject({
      status: 422,
      body: { error: 'UnprocessableEntity', statusCode: 422, detail: 'notification_type is required' },
    });
    expect((await merchant.request({ context: {} })).status).toBe(500);
    for (const name of ['modern gateway', 'gateway', 'merchant-answers']) {
      expect(herald.service(name).log).not.toContain('is required');
    }
  });
});
