import { createHash } from 'node:crypto';
import { decodeJwt, type JWTPayload, SignJWT } from 'jose';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Ops } from '../../support/ops.js';
import { OPS_SESSION_SECRET, OPS_USERS, PASSWORD } from '../../support/ops-users.js';
import { Valve } from '../../support/valve.js';

const HOUR = 3600;
const OTHER_SECRET = 'another-secret-of-at-least-32-characters';

let herald: Herald;
let valve: Valve;
beforeAll(async () => {
  herald = await Herald.start({ services: ['ops'] });
  valve = await Valve.before(herald.redisUrl);
  await Promise.all([
    start('a second one', {}),
    start('with other users', { OPS_USERS: OPS_USERS.replace('vera:viewer', 'vera:admin').replace('ada:', 'adam:') }),
    start('with the next secret', { OPS_SESSION_SECRET: `${OTHER_SECRET}\n${OPS_SESSION_SECRET}` }),
    start('with the next secret alone', { OPS_SESSION_SECRET: OTHER_SECRET }),
    start('behind a valve', { REDIS_URL: valve.url(herald.redisUrl) }),
  ]);
});
afterAll(async () => {
  await herald?.stop();
  await valve?.end();
});

const start = (as: string, env: Record<string, string>) => herald.startService('ops', { env }, as);

/** Logs in by the form; returns the cookie. */
async function logIn(name: 'ada' | 'vera', service = 'ops'): Promise<string> {
  const fields: [string, string][] = [
    ['name', name],
    ['password', PASSWORD],
  ];
  const ops = new Ops(herald, undefined, service);
  const { status, headers } = await ops.post('/login', fields, { origin: ops.url });
  expect(status).toBe(303);
  return headers.get('set-cookie')?.split(';')[0] as string;
}

async function statusOf(cookie: string, service = 'ops'): Promise<number> {
  return (await new Ops(herald, undefined, service).get('/', { cookie })).status;
}

function logOut(cookie: string, service = 'ops') {
  const ops = new Ops(herald, undefined, service);
  return ops.post('/logout', [], { cookie, origin: ops.url });
}

const claimsOf = (cookie: string) => decodeJwt(cookie.split('=')[1] as string);

async function signed(claims: JWTPayload, key: string | Buffer = OPS_SESSION_SECRET): Promise<string> {
  const token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(key));
  return `herald_ops=${token}`;
}

const now = () => Math.floor(Date.now() / 1000);

describe('a session', () => {
  it('cannot be made of what is known of the users', async () => {
    const users = OPS_USERS.replaceAll(',', '\n');
    const key = createHash('sha256').update('herald ops sessions\n').update(users).digest();
    const claims = { ...claimsOf(await logIn('ada')), iat: now(), exp: now() + 10 * 365 * 24 * HOUR };
    expect(await statusOf(await signed(claims, key))).toBe(401);
    expect(await statusOf(await signed(claims, OPS_USERS))).toBe(401);
  });

  it('is valid for eight hours from its beginning, whatever its token says', async () => {
    const claims = { ...claimsOf(await logIn('ada')), exp: now() + 10 * 365 * 24 * HOUR };
    expect(await statusOf(await signed({ ...claims, iat: now() - 7 * HOUR }))).toBe(200);
    for (const iat of [now() - 9 * HOUR, now() + HOUR, undefined, 0]) {
      expect([iat, await statusOf(await signed({ ...claims, iat }))]).toEqual([iat, 401]);
    }
    for (const missing of ['jti', 'sub', 'exp', 'stamp']) {
      expect([missing, await statusOf(await signed({ ...claims, [missing]: undefined }))]).toEqual([missing, 401]);
    }
  });

  it('ends with a logout, on every replica, and no other does', async () => {
    const [ended, other] = [await logIn('ada'), await logIn('ada')];
    expect([await statusOf(ended), await statusOf(ended, 'a second one')]).toEqual([200, 200]);
    expect((await logOut(ended, 'a second one')).status).toBe(303);
    expect([await statusOf(ended), await statusOf(ended, 'a second one')]).toEqual([401, 401]);
    expect(await statusOf(other)).toBe(200);
  });

  it('ends when its user is removed, or gets another role', async () => {
    expect(await statusOf(await logIn('ada'), 'with other users')).toBe(401);
    expect(await statusOf(await logIn('vera'), 'with other users')).toBe(401);
  });

  it('outlives a change of the secret while the previous one is known', async () => {
    const cookie = await logIn('ada');
    expect(await statusOf(cookie, 'with the next secret')).toBe(200);
    expect(await statusOf(cookie, 'with the next secret alone')).toBe(401);
    const next = await logIn('ada', 'with the next secret');
    expect(await statusOf(next, 'with the next secret alone')).toBe(200);
    expect(await statusOf(next)).toBe(401);
  });

  it.each(['', 'short', `${OPS_SESSION_SECRET} short`, [1, 2, 3].map((n) => `${OTHER_SECRET}${n}`).join(' ')])(
    'is not signed with %j',
    async (secret) => {
      const started = herald.startService('ops', { env: { OPS_SESSION_SECRET: secret } }, 'never up');
      await expect(started).rejects.toThrow(/OPS_SESSION_SECRET: must/);
    },
  );
});

describe('while Redis is away', () => {
  it('no session is accepted but new ones of the process itself, and a logout says that it is none', async () => {
    const service = 'behind a valve';
    const before = await logIn('ada', service);
    valve.close();
    await eventually(async () => (await statusOf(before, service)) === 401);
    expect((await new Ops(herald, undefined, service).get('/', { cookie: before })).text).toContain('Redis is away');
    const { status, headers, text } = await logOut(before, service);
    expect([status, headers.get('set-cookie')]).toEqual([503, null]);
    expect(text).toContain('still open');

    const local = await logIn('ada', service);
    expect([await statusOf(local, service), await statusOf(local)]).toEqual([200, 401]);
    expect((await logOut(local, service)).status).toBe(303);
    expect(await statusOf(local, service)).toBe(401);

    valve.open();
    await eventually(async () => (await statusOf(before, service)) === 200);
    expect(await statusOf(local, service)).toBe(401);
  });
});
