import { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';

let herald: Herald;
let merchant: Merchant;
let neighbour: Merchant;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'merchant-answers'] });
  merchant = new Merchant(herald);
  neighbour = new Merchant(herald, 1);
  await herald.query(
    `update conversations set lead_phone = '+1234567890', lead_name = null where id = ${merchant.conversationId}`,
  );
});
afterAll(() => herald?.stop());

const get = (id: number | string, who = merchant) => who.call('GET', `/${id}`);

describe('a question by its id', () => {
  it('has all of the list, and what a form needs besides', async () => {
    const id = await merchant.open();
    const { status, body } = await get(id);
    const [listed] = (await merchant.list('?status=requested')).body;
    const { answer_schema, ...rest } = body;
    expect([status, rest]).toEqual([
      200,
      {
        ...listed,
        allow_multiple_answers: false,
        expires_at: null,
        conversation: { id: merchant.conversationId, lead_phone: '+1234567890', lead_name: null },
        answer: null,
        answered_at: null,
      },
    ]);
    expect(listed.context.lead_phone).toBe('+1234567890');
    expect(answer_schema).toMatchObject({ type: 'object', required: ['answer'] });
  });

  it('has its answer once it is answered', async () => {
    const id = await merchant.open();
    await merchant.answer(id, { answer: 'We are open' });
    const { body } = await get(id);
    expect(body).toMatchObject({ status: 'answered', answer: { answer: 'We are open' } });
    expect(body.answered_at).toBe(body.updated_at);
    expect(Date.parse(body.answered_at)).toBeGreaterThanOrEqual(Date.parse(body.created_at));
  });

  it('keeps the rules that its type had when it was asked', async () => {
    const id = await merchant.open();
    const { body } = await get(id);
    await herald.query(`update notification_types set answer_schema = '{}', answered_fields = '{other}'`);
    expect((await get(id)).body).toEqual(body);
  });

  it('is the same 404 when it is somebody else’s, deleted, unknown, or no id', async () => {
    const [theirs, gone] = [await neighbour.open(), await merchant.open()];
    await merchant.delete(gone);
    for (const id of [theirs, gone, 999_999_999, 0, -1, '1.5', '9007199254740993', 'nonsense', '%00', 'count']) {
      const { status, body } = await get(id);
      expect([id, status, body.detail]).toEqual([id, 404, 'Notification not found']);
    }
  });

  it('leaves the list as it was', async () => {
    for (const item of (await merchant.list()).body) {
      expect(Object.keys(item).toSorted()).toEqual([
        'answered_fields',
        'context',
        'conversation_id',
        'created_at',
        'id',
        'notification_type',
        'requested_fields',
        'status',
        'updated_at',
      ]);
    }
  });
});

describe('the counts', () => {
  const counts = async (who = merchant) => (await who.call('GET', '/counts')).body;
  /** Counts the list, as a client would without the route. */
  const recount = async (who = merchant) => {
    const items: { status: string; notification_type: string }[] = (await who.list()).body;
    const of = (some: typeof items) => ({
      requested: some.filter(({ status }) => status === 'requested').length,
      answered: some.filter(({ status }) => status === 'answered').length,
      expired: some.filter(({ status }) => status === 'expired').length,
    });
    const types = [...new Set(items.map(({ notification_type }) => notification_type))];
    return {
      total: items.length,
      by_status: of(items),
      by_type: Object.fromEntries(
        types.map((type) => [type, of(items.filter(({ notification_type }) => notification_type === type))]),
      ),
    };
  };

  it('follow what is asked, answered and deleted, of this merchant alone', async () => {
    const before = [await counts(), await counts(neighbour)] as const;
    expect(before[0]).toEqual(await recount());
    const support = { notification_type: 'user_support_request', context: { support_request_reason: 'Broken' } };
    const [one, two] = [await merchant.open(), await merchant.open()];
    await merchant.open(support);
    await merchant.answer(one);
    await merchant.delete(two);
    await merchant.delete(one);
    await merchant.open();
    const after = await counts();
    expect(after).toEqual(await recount());
    expect(after.total).toBe(before[0].total + 2);
    expect(await counts(neighbour)).toEqual(before[1]);
  });

  it('count a status that nobody knew before', async () => {
    const id = await merchant.open();
    await herald.query('alter table notifications drop constraint notifications_status_check');
    await herald.query(`update notifications set status = 'withdrawn' where id = $1`, [id]);
    expect((await counts()).by_status.withdrawn).toBe(1);
    await herald.query('delete from notifications where id = $1', [id]);
    expect((await counts()).by_status.withdrawn).toBeUndefined();
  });

  it('are zeros for who has none', async () => {
    const stranger = new Merchant(herald, 0, herald.otherCompany);
    await herald.query('delete from conversations where merchant_id = $1', [stranger.id]);
    const by_status = { requested: 0, answered: 0, expired: 0 };
    expect(await counts(stranger)).toEqual({ total: 0, by_status, by_type: {} });
  });
});
