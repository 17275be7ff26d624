import { call } from '../../support/client.js';
import { Herald } from '../../support/herald.js';
import { hmac, jwtOf } from '../../support/jwt.js';

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway'] });
});
afterAll(() => herald.stop());

const UNTOLD = 'Invalid or missing credentials';
/** A route of each kind, what it says to others, and its answer to its own kind. */
const ROUTES = {
  credential: ['/v1/feed/ai', 'This route takes an API key or access token', 400, 'POST'],
  person: ['/v1/feed', "This route takes a person's JWT", 200],
  merchant: ['/api/v1/notification', "This route takes a merchant's JWT", 200],
} as const;
const KINDS = Object.keys(ROUTES) as (keyof typeof ROUTES)[];
const OURS = () => herald.demo.jwt.secret;
const STRANGERS = () => 'a secret of 32 bytes that is not ours';

function aJwt(kind: 'person' | 'merchant', secret: string, changes: object = {}): string {
  const { issuer: iss, userAudience, merchantAudience } = herald.demo.jwt;
  const own =
    kind === 'person'
      ? { aud: userAudience, sub: 'dmurta', company_id: herald.company.id }
      : { aud: merchantAudience, merchant_id: herald.company.merchants[0]!.id };
  return jwtOf({ alg: 'HS256' }, { iss, exp: Math.floor(Date.now() / 1000) + 60, ...own, ...changes }, hmac(secret));
}

/** One valid token of a kind, and invalid ones that look like it. */
const tokensOf = (kind: keyof typeof ROUTES): string[] =>
  kind === 'credential'
    ? [
        herald.token('unlimitedApiKey'),
        herald.token('revokedApiKey'),
        `hrld_test_${'0'.repeat(16)}_${'0'.repeat(64)}`,
        'hrld_',
      ]
    : [aJwt(kind, OURS()), aJwt(kind, STRANGERS()), aJwt(kind, OURS(), { exp: 1 }), aJwt(kind, OURS(), { iss: 'x' })];

const told = async (path: string, token: string, method = 'GET') => {
  const { status, body } = await call(method, `${herald.url}${path}`, { token });
  return [status, body.message];
};

describe.each(KINDS)('a route for a %s', (kind) => {
  const [path, takes, welcome, method = 'GET'] = ROUTES[kind];

  it('names the kind that it takes to credentials of another kind, valid or not, in the same words', async () => {
    for (const token of KINDS.filter((each) => each !== kind).flatMap(tokensOf)) {
      expect(await told(path, token, method)).toEqual([401, takes]);
    }
  });

  it('names nothing to credentials of its own kind, and to those of no kind', async () => {
    const [good, ...bad] = tokensOf(kind);
    expect((await told(path, good as string, method))[0]).toBe(welcome);
    for (const token of [...bad, 'nonsense', 'a.b.c']) expect(await told(path, token, method)).toEqual([401, UNTOLD]);
    expect((await call(method, `${herald.url}${path}`)).body.message).toBe(UNTOLD);
  });

  it('and an unknown path names nothing to either', async () => {
    for (const token of tokensOf(kind).slice(1)) expect(await told('/nowhere', token)).toEqual([401, UNTOLD]);
  });
});

describe('a route for programs and people', () => {
  const path = '/team-notifications';
  const takes = "This route takes an API key or access token, or a person's JWT";

  it('names both kinds to merchants, valid or not, in the same words', async () => {
    for (const token of tokensOf('merchant')) expect(await told(path, token)).toEqual([401, takes]);
  });

  it('names nothing to those of either kind', async () => {
    for (const token of [...tokensOf('credential').slice(1), ...tokensOf('person').slice(1), 'nonsense']) {
      expect(await told(path, token)).toEqual([401, UNTOLD]);
    }
  });

  it('names a malformed claim of a person', async () => {
    for (const secret of [OURS(), STRANGERS()]) {
      expect(await told(path, aJwt('person', secret, { sub: '' }))).toEqual([
        401,
        `${takes}, whose sub must be a login`,
      ]);
    }
  });
});

it('a malformed claim is named, in forged tokens too', async () => {
  for (const secret of [OURS(), STRANGERS()]) {
    expect(await told('/api/v1/notification', aJwt('merchant', secret, { merchant_id: '1' }))).toEqual([
      401,
      "This route takes a merchant's JWT, whose merchant_id must be a whole number above 0",
    ]);
    expect(await told('/v1/feed', aJwt('person', secret, { company_id: 'Initech' }))).toEqual([
      401,
      "This route takes a person's JWT, whose company_id must be a UUID",
    ]);
  }
});
