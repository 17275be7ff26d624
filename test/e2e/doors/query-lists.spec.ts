import { randomUUID } from 'node:crypto';
import { call } from '../../support/client.js';
import { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';

let herald: Herald;
let merchant: Merchant;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'merchant-answers'] });
  merchant = new Merchant(herald);
});
afterAll(() => herald.stop());

describe('a list in a query string', () => {
  const TYPES = ['user_question_request', 'user_support_request'] as const;
  let ids: number[];
  beforeAll(async () => {
    await merchant.request();
    const { body } = await merchant.list();
    ids = body.filter((each: any) => each.notification_type === TYPES[0]).map(({ id }: { id: number }) => id);
    expect(ids.length).toBeGreaterThan(0);
  });
  const idsOf = async (query: string) => {
    const { status, body } = await merchant.list(`?${query}`);
    expect([query, status]).toEqual([query, 200]);
    return body.map(({ id }: { id: number }) => id);
  };

  it.each([
    'notification_types[]=T0',
    'notification_types%5B%5D=T0',
    'notification_types%5b0%5d=T0',
    'notification_types[0]=T0',
    'notification_types[]=T0&notification_types[]=T0',
    'notification_types=T0&notification_types=T0',
    'notification_types=T0,T0',
  ])('%s filters like the name alone', async (query) => {
    const everything = await idsOf('');
    expect(await idsOf(query.replaceAll('T0', TYPES[0]))).toEqual(ids);
    expect(await idsOf(query.replaceAll('T0', TYPES[1]))).toEqual(everything.filter((id: number) => !ids.includes(id)));
  });

  it.each(['A=T0&A=T1', 'A[]=T0&A[]=T1', 'A[0]=T0&A[1]=T1', 'A=T0,T1', 'A=T0&A[]=T1', 'A[]=T0,T1'])(
    '%s finds both',
    async (query) => {
      const named = query.replaceAll('A', 'notification_types').replace('T0', TYPES[0]).replace('T1', TYPES[1]);
      expect(await idsOf(named)).toEqual(await idsOf(''));
    },
  );

  it.each(['A[]=nonsense', 'A=T0,nonsense', 'A[]=', 'A=T0,', 'A[x]=T0', 'A[0][]=T0', 'A[=T0'])(
    '%s is refused',
    async (query) => {
      const { status, body } = await merchant.list(
        `?${query.replaceAll('A', 'notification_types').replace('T0', TYPES[0])}`,
      );
      expect([query, status]).toEqual([query, 400]);
      expect(body.message).toMatch(/^notification_types/);
    },
  );
});

it('a parameter that is no list and is named as one is refused by its name, on every route', async () => {
  const { body: document } = await call('GET', `${herald.url}/openapi.json`);
  const tokens = {
    apiKey: herald.token('unlimitedApiKey'),
    userToken: herald.jwtOf('dmurta'),
    merchantToken: merchant.token,
  };
  let tried = 0;
  for (const [path, { get }] of Object.entries<any>(document.paths)) {
    const token = tokens[Object.keys(get?.security?.[0] ?? {})[0] as keyof typeof tokens];
    for (const { name, in: place, schema } of get?.parameters ?? []) {
      if (place !== 'query' || schema.type === 'array') continue;
      for (const key of [`${name}[]`, `${name}%5B0%5D`, `${name}[a]`]) {
        const url = `${herald.url}${path.replaceAll(/\{\w+\}/g, randomUUID())}?${key}=1`;
        const answer = await call('GET', url, { token });
        expect([key, answer.status]).toEqual([key, 400]);
        expect(answer.body.errors).toEqual([
          { field: decodeURIComponent(key), message: `is not known; it is called ${name}` },
        ]);
        tried++;
      }
    }
  }
  expect(tried).toBeGreaterThan(60);
});
