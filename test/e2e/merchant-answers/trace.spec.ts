import { randomUUID } from 'node:crypto';
import { Actions, aPerson } from '../../support/actions.js';
import { type Answer, aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Merchant, Producer } from '../../support/merchant.js';

let herald: Herald;
let merchant: Merchant;
let producer: Producer;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery', 'agent-actions', 'merchant-answers'] });
  merchant = new Merchant(herald);
  producer = new Producer(herald, 'merchant-answers');
}, 60_000);
afterAll(async () => {
  await producer?.close();
  await herald?.stop();
});

const trace = (id: string | null, token = merchant.token) => call('GET', `${herald.url}/v1/messages/${id}`, { token });
const idOf = ({ status, headers }: Answer) => {
  expect(status).toBe(200);
  return headers.get('x-correlation-id') as string;
};
const stepsOf = ({ body }: Answer) => body.steps.map(({ step }: { step: string }) => step);

/** The tokens of all who may not follow something of the first merchant or company. */
const strangers = () => ({
  'another merchant': new Merchant(herald, 1).token,
  'a merchant of another company': new Merchant(herald, 0, herald.otherCompany).token,
  'another company': herald.token('unlimitedApiKey', herald.otherCompany),
});

async function expectFollowed(id: string, queue: string, token: string): Promise<void> {
  const followed = await trace(id, token);
  expect(followed).toMatchObject({ status: 200, body: { correlationId: id, queue, state: 'delivered' } });
  expect(stepsOf(followed)).toEqual(['queued', 'attempt', 'delivered']);
  const times = followed.body.steps.map(({ at }: { at: string }) => Date.parse(at));
  expect(times).toEqual(times.toSorted((a: number, b: number) => a - b));
}

describe('a merchant', () => {
  it('follows a question, its answer and its deletion, which nobody else does', async () => {
    const asked = idOf(await merchant.request());
    const [made] = await herald.query<{ id: string }>('select id from notifications where correlation_id = $1', [
      asked,
    ]);
    const ids = [asked, idOf(await merchant.answer(made!.id)), idOf(await merchant.delete(made!.id))];
    for (const id of ids) {
      await expectFollowed(id, 'merchant-answers', merchant.token);
      const company = herald.token('unlimitedApiKey');
      for (const [who, token] of Object.entries({ ...strangers(), 'the company': company })) {
        const { status, body } = await trace(id, token);
        expect([who, status, body.message]).toEqual([who, 404, 'Message not found']);
      }
    }
  });

  it('follows a question as long as it is there, also without the record of its request', async () => {
    const id = idOf(await merchant.request());
    await herald.query('delete from requests where id = $1', [id]);
    const followed = await trace(id);
    expect([followed.status, followed.body.state, stepsOf(followed)]).toEqual([200, 'delivered', ['delivered']]);
    for (const token of Object.values(strangers())) expect((await trace(id, token)).status).toBe(404);
  });

  it('follows what a service put on the queue, to its effect or among the dead letters', async () => {
    const [good, bad] = [randomUUID(), randomUUID()];
    const job = { v: 1, merchantId: merchant.id, body: merchant.aRequest() };
    await producer.put('request', { ...job, correlationId: good });
    await producer.put('request', { ...job, correlationId: bad, body: { ...job.body, notification_type: 'none' } });
    await eventually(async () => (await trace(good)).body.state === 'delivered');
    await eventually(async () => (await trace(bad)).body.state === 'given_up');
    const givenUp = await trace(bad);
    expect(givenUp.body.steps.at(-1)).toMatchObject({ step: 'given_up', detail: 'Invalid notification type' });
    for (const id of [good, bad]) {
      for (const token of Object.values(strangers())) expect((await trace(id, token)).status).toBe(404);
    }
  });

  it('finds nothing of a command that was refused, of one that is unknown, or of no id', async () => {
    const refused = await merchant.request({ notification_type: 'none' });
    expect(refused.status).toBe(500);
    for (const id of [refused.headers.get('x-correlation-id'), randomUUID(), 'nonsense']) {
      expect((await trace(id)).status).toBe(404);
    }
  });
});

describe('a company', () => {
  it('follows what its programs and people mark, which nobody else does', async () => {
    const program = herald.token('unlimitedApiKey');
    const actions = new Actions(herald, program);
    const person = aPerson();
    const { id } = await actions.record({ recipients: [person] });
    const marked = idOf(await actions.setStatus(id, person.id, { status: 'read' }));
    const sent = await call('POST', `${herald.url}/v1/feed/ai`, { token: program, body: aMessage() });
    await eventually(async () => (await trace(sent.body.correlationId, program)).body.state === 'delivered');
    const as = { token: herald.jwtOf('dmurta') };
    const read = await call('PATCH', `${herald.url}/v1/feed/${sent.body.correlationId}`, {
      ...as,
      body: { status: 'read' },
    });
    const all = await call('POST', `${herald.url}/v1/feed/read-all`, as);
    await expectFollowed(marked, 'agent-actions', program);
    for (const answer of [read, all]) {
      await expectFollowed(idOf(answer), 'delivery', program);
      for (const token of [merchant.token, ...Object.values(strangers())]) {
        expect((await trace(idOf(answer), token)).status).toBe(404);
      }
    }
  });
});

it('a person is told who may follow', async () => {
  const { status, body } = await trace(randomUUID(), herald.jwtOf('dmurta'));
  expect([status, body.message]).toEqual([401, "This route takes an API key or access token, or a merchant's JWT"]);
});

it('the gateway sees of the records those of the tenant at hand alone', async () => {
  const [mine, theirs] = [idOf(await merchant.request()), idOf(await new Merchant(herald, 1).request())];
  const [{ company_id: tenant }] = (await herald.query('select company_id from requests where id = $1', [mine])) as [
    { company_id: string },
  ];
  const seen = async (company: string) => {
    const client = await herald.pool.connect();
    try {
      await client.query(`begin; set local role herald_gateway; set local herald.company = '${company}'`);
      const { rows } = await client.query('select correlation_id as id from command_places($1)', [[mine, theirs]]);
      await expect(client.query('select queue from requests')).rejects.toMatchObject({ code: '42501' });
      return rows;
    } finally {
      await client.query('rollback');
      client.release();
    }
  };
  expect(await seen(tenant)).toEqual([{ id: mine }]);
  expect(await seen('')).toEqual([]);
});
