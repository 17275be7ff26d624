import { generateKeyPairSync } from 'node:crypto';
import { call } from '../../support/client.js';
import { Herald } from '../../support/herald.js';
import { ecdsa, hmac, jwtOf, pss, rsa, rsaKey, type Signature } from '../../support/jwt.js';

const key = rsaKey('mine');
const stranger = rsaKey('theirs');
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Gateways that differ in how tokens are signed. */
const GATEWAYS = ['secret', 'public key', 'curve'] as const;
type Gateway = (typeof GATEWAYS)[number];

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: [] });
  const curvePem = curve.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  await Promise.all([
    herald.startService('gateway', {}, 'secret'),
    herald.startService(
      'gateway',
      { env: { JWT_SECRET: '', JWT_ALGORITHM: 'RS256', JWT_PUBLIC_KEY: key.pem } },
      'public key',
    ),
    herald.startService(
      'gateway',
      { env: { JWT_SECRET: '', JWT_ALGORITHM: 'ES256', JWT_PUBLIC_KEY: curvePem } },
      'curve',
    ),
  ]);
});
afterAll(() => herald.stop());

const now = () => Math.floor(Date.now() / 1000);
const personClaims = () => ({
  iss: herald.demo.jwt.issuer,
  aud: herald.demo.jwt.userAudience,
  exp: now() + 60,
  sub: 'dmurta',
  company_id: herald.company.id,
});
const merchantClaims = () => ({
  iss: herald.demo.jwt.issuer,
  aud: herald.demo.jwt.merchantAudience,
  exp: now() + 60,
  merchant_id: herald.company.merchants[0]!.id,
});

const algorithmOf = { secret: 'HS256', 'public key': 'RS256', curve: 'ES256' } as const;
const signatureOf = (gateway: Gateway): Signature =>
  ({ secret: hmac(herald.demo.jwt.secret), 'public key': rsa(key.privateKey), curve: ecdsa(curve.privateKey) })[
    gateway
  ];

/** A token that `gateway` lets in, but for what the test changes. */
const token = (gateway: Gateway, claims: object, header: object = {}) =>
  jwtOf({ alg: algorithmOf[gateway], typ: 'JWT', ...header }, claims, signatureOf(gateway));

const UNTOLD = 'Invalid or missing credentials';
const ask = async (gateway: Gateway, path: string, bearer: string, message = UNTOLD) => {
  const answer = await call('GET', `${herald.service(gateway).url}${path}`, { token: bearer });
  if (answer.status === 401) expect(answer.body).toMatchObject({ error: 'Unauthorized', message });
  return answer.status;
};
const asPerson = (bearer: string, gateway: Gateway = 'secret', message?: string) =>
  ask(gateway, '/v1/feed', bearer, message);
const asMerchant = (bearer: string, gateway: Gateway = 'secret', message?: string) =>
  ask(gateway, '/api/v1/notification', bearer, message);
const FOR_PEOPLE = "This route takes a person's JWT";
const FOR_MERCHANTS = "This route takes a merchant's JWT";

const without = (claims: object, name: string) =>
  Object.fromEntries(Object.entries(claims).filter(([each]) => each !== name));

describe.each(GATEWAYS)('a gateway that knows a %s', (gateway) => {
  it('lets people and merchants in with a token of their own, each to their routes alone', async () => {
    expect(await asPerson(token(gateway, personClaims()), gateway)).toBe(200);
    expect(await asMerchant(token(gateway, merchantClaims()), gateway)).toBe(200);
    expect(await asMerchant(token(gateway, personClaims()), gateway, FOR_MERCHANTS)).toBe(401);
    expect(await asPerson(token(gateway, merchantClaims()), gateway, FOR_PEOPLE)).toBe(401);
    // Not even with the claims of both: the audience decides.
    const both = { ...merchantClaims(), ...personClaims() };
    expect(await asPerson(token(gateway, both), gateway)).toBe(200);
    expect(await asMerchant(token(gateway, both), gateway, FOR_MERCHANTS)).toBe(401);
  });

  it('refuses a token without a signature, whatever it calls that', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', null, undefined, algorithmOf[gateway]]) {
      expect(await asPerson(jwtOf({ alg, typ: 'JWT' }, personClaims(), null), gateway)).toBe(401);
    }
  });

  it('refuses a token that was changed after it was signed', async () => {
    const [header, , signature] = token(gateway, personClaims()).split('.');
    const [, claims] = token(gateway, { ...personClaims(), sub: 'admin' }).split('.');
    expect(await asPerson(`${header}.${claims}.${signature}`, gateway)).toBe(401);
  });

  it.each([
    ['jku', 'https://issuer.example/jwks.json'],
    ['x5u', 'https://issuer.example/cert.pem'],
    ['x5c', ['MIIB']],
    ['jwk', stranger.jwk],
    ['crit', ['exp']],
    ['crit', []],
    ['crit', ['b64']],
  ])('refuses a token with the header %s, though its signature holds', async (name, value) => {
    expect(await asPerson(token(gateway, personClaims(), { [name]: value }), gateway)).toBe(401);
  });
});

describe('the signature', () => {
  it('cannot be one of the public key used as a secret', async () => {
    const pem = key.pem;
    const der = key.publicKey.export({ format: 'der', type: 'spki' });
    for (const secret of [pem, pem.trim(), der, JSON.stringify(key.jwk), '']) {
      for (const [alg, hash] of [
        ['HS256', 'sha256'],
        ['HS512', 'sha512'],
        ['RS256', 'sha256'],
      ] as const) {
        expect(await asPerson(jwtOf({ alg, typ: 'JWT' }, personClaims(), hmac(secret, hash)), 'public key')).toBe(401);
      }
    }
  });

  it('cannot be one of a key where a secret is configured', async () => {
    expect(await asPerson(jwtOf({ alg: 'RS256' }, personClaims(), rsa(key.privateKey)))).toBe(401);
    expect(await asPerson(jwtOf({ alg: 'HS256' }, personClaims(), rsa(key.privateKey)))).toBe(401);
  });

  it("must be the configured key's, by the configured algorithm", async () => {
    expect(await asPerson(jwtOf({ alg: 'HS256' }, personClaims(), hmac(`${herald.demo.jwt.secret} `)))).toBe(401);
    expect(await asPerson(jwtOf({ alg: 'HS512' }, personClaims(), hmac(herald.demo.jwt.secret, 'sha512')))).toBe(401);
    expect(await asPerson(jwtOf({ alg: 'RS256' }, personClaims(), rsa(stranger.privateKey)), 'public key')).toBe(401);
    expect(await asPerson(jwtOf({ alg: 'PS256' }, personClaims(), pss(key.privateKey)), 'public key')).toBe(401);
    expect(await asPerson(jwtOf({ alg: 'RS256' }, personClaims(), pss(key.privateKey)), 'public key')).toBe(401);
    // All zeros is the signature that broken verifiers of ES256 took.
    expect(
      await asPerson(
        jwtOf({ alg: 'ES256' }, personClaims(), () => Buffer.alloc(64)),
        'curve',
      ),
    ).toBe(401);
  });

  it('is not asked of a key that the token brings along', async () => {
    const { kid, jwk, privateKey } = stranger;
    expect(await asPerson(jwtOf({ alg: 'RS256', kid, jwk }, personClaims(), rsa(privateKey)), 'public key')).toBe(401);
  });
});

describe('the claims', () => {
  it.each(['iss', 'aud', 'exp'])('must have %s', async (name) => {
    expect(await asPerson(token('secret', without(personClaims(), name)))).toBe(401);
    expect(await asMerchant(token('secret', without(merchantClaims(), name)))).toBe(401);
  });

  it.each<[string, () => object]>([
    ['another issuer', () => ({ iss: 'somebody-else' })],
    ['an issuer that only begins like ours', () => ({ iss: `${herald.demo.jwt.issuer}.evil.example` })],
    ['issuers as a list', () => ({ iss: [herald.demo.jwt.issuer] })],
    ['another audience', () => ({ aud: 'somebody-else' })],
    ['an empty list of audiences', () => ({ aud: [] })],
    ['both audiences', () => ({ aud: [herald.demo.jwt.userAudience, herald.demo.jwt.merchantAudience] })],
    ['an end that is over', () => ({ exp: now() - 10 })],
    ['an end in words', () => ({ exp: String(now() + 60) })],
    ['no end', () => ({ exp: null })],
    ['a beginning in the future', () => ({ nbf: now() + 60 })],
    ['a beginning in words', () => ({ nbf: 'now' })],
    ['audiences that are no texts', () => ({ aud: [herald.demo.jwt.userAudience, 1, null] })],
    ['an audience that is an object', () => ({ aud: { [herald.demo.jwt.userAudience]: true } })],
  ])('may not have %s', async (_, changes) => {
    expect(await asPerson(token('secret', { ...personClaims(), ...changes() }))).toBe(401);
  });

  it.each<[string, string, () => object]>([
    ['no login', 'sub must be a login', () => ({ sub: '' })],
    ['a login that no message can have', 'sub must be a login', () => ({ sub: 'a\u0000b' })],
    ['no company', 'company_id must be a UUID', () => ({ company_id: undefined })],
    ['a login that is a number', 'sub must be a login', () => ({ sub: 17 })],
    ['a login of 101 characters', 'sub must be a login', () => ({ sub: 'a'.repeat(101) })],
    ['a login with half an emoji', 'sub must be a login', () => ({ sub: 'a\ud83d' })],
    ['a company that is no UUID', 'company_id must be a UUID', () => ({ company_id: `${herald.company.id}' or true` })],
    ['a company that is a number', 'company_id must be a UUID', () => ({ company_id: 1 })],
    ['several companies', 'company_id must be a UUID', () => ({ company_id: [herald.company.id] })],
    [
      'a company whose UUID is none of RFC 4122',
      'company_id must be a UUID',
      () => ({ company_id: '11111111-1111-1111-1111-111111111111' }),
    ],
    [
      'a company whose UUID is of no version',
      'company_id must be a UUID',
      () => ({ company_id: '01890a5d-ac96-9a74-0000-665b2d6d9c2e' }),
    ],
  ])('may not have %s, and are told so: %s', async (_, wrong, changes) => {
    const claims = { ...personClaims(), ...changes() };
    expect(await asPerson(token('secret', claims), 'secret', `${FOR_PEOPLE}, whose ${wrong}`)).toBe(401);
  });

  it.each([undefined, null, 0, -1, 1.5, '1', [1], 1e300])('may not have %p as merchant_id', async (merchant_id) => {
    const message = `${FOR_MERCHANTS}, whose merchant_id must be a whole number above 0`;
    expect(await asMerchant(token('secret', { ...merchantClaims(), merchant_id }), 'secret', message)).toBe(401);
  });

  it.each([
    ['null', null],
    ['a list', []],
    ['text', 'dmurta'],
    ['no JSON', '{'],
  ])('may not be %s', async (_, claims) => {
    expect(await asPerson(token('secret', claims as object))).toBe(401);
  });

  it('may be off by less than 5 seconds, for clocks differ', async () => {
    expect(await asPerson(token('secret', { ...personClaims(), exp: now() - 1 }))).toBe(200);
    expect(await asPerson(token('secret', { ...personClaims(), nbf: now() + 3 }))).toBe(200);
    expect(await asPerson(token('secret', { ...personClaims(), exp: now() - 6 }))).toBe(401);
    expect(await asPerson(token('secret', { ...personClaims(), nbf: now() + 15 }))).toBe(401);
  });

  it('may name our audience among others', async () => {
    expect(await asPerson(token('secret', { ...personClaims(), aud: ['other', herald.demo.jwt.userAudience] }))).toBe(
      200,
    );
  });
});

it('never fails at claims that are signed and unusual', async () => {
  const far = [now() * 1000, Number.MAX_SAFE_INTEGER, 1e300].map((exp) => ({ exp }));
  const people = [...far, { sub: 'ninguém 🙂' }, { iat: 'now' }, { jti: { a: [] } }, { ['__proto__']: { a: 1 } }];
  for (const claims of people) expect(await asPerson(token('secret', { ...personClaims(), ...claims }))).toBe(200);
  const merchants = [{ merchant_id: 2 ** 31 }, { merchant_id: Number.MAX_SAFE_INTEGER }, ...far];
  for (const claims of merchants)
    expect(await asMerchant(token('secret', { ...merchantClaims(), ...claims }))).toBe(200);
});

it('refuses a token that is longer than any that an issuer makes', async () => {
  expect(await asPerson(token('secret', { ...personClaims(), groups: 'x'.repeat(4000) }))).toBe(200);
  expect(await asPerson(token('secret', { ...personClaims(), groups: 'x'.repeat(8000) }))).toBe(401);
});

it('refuses a token in x-api-key, also one that it let in a moment ago', async () => {
  const bearer = token('secret', personClaims());
  expect(await asPerson(bearer)).toBe(200);
  const url = `${herald.service('secret').url}/v1/feed`;
  expect((await call('GET', url, { headers: { 'x-api-key': bearer } })).status).toBe(401);
  expect((await call('GET', url, { token: bearer, headers: { 'x-api-key': bearer } })).status).toBe(401);
});

it.each(['', '.', '..', 'a.b', 'a.b.c', 'a.b.c.d', 'e30.e30.', '....', `${'a'.repeat(8000)}.b.c`])(
  'answers 401 to %p in the place of a token',
  async (nonsense) => {
    for (const gateway of GATEWAYS) expect(await asPerson(nonsense, gateway)).toBe(401);
  },
);
