import { appRoutes } from '@bull-board/api/dist/routes.js';
import { Herald } from '../../support/herald.js';
import { Ops } from '../../support/ops.js';
import { basic, PASSWORD } from '../../support/ops-users.js';
import { sendRaw } from '../../support/raw-http.js';

let herald: Herald;
let stranger: Ops;
let viewer: Ops;
let admin: Ops;
beforeAll(async () => {
  herald = await Herald.start({ services: ['ops'] });
  stranger = new Ops(herald);
  viewer = new Ops(herald, 'vera');
  admin = new Ops(herald, 'ada');
});
afterAll(() => herald.stop());

const PAGES = [
  '/',
  '/dead-letters',
  '/dead-letters/1',
  '/dead-letters/drop?id=1',
  '/messages',
  '/board/viewer',
  '/nothing',
];
const CHANGES = ['/dead-letters/replay', '/dead-letters/drop'];

/** Every route of a board, with something in the place of each parameter. */
const boardRoutes = (board: string): [method: string, path: string][] =>
  [{ ...appRoutes.entryPoint }, ...appRoutes.api].flatMap(({ method, route }) =>
    [route]
      .flat()
      .map((path): [string, string] => [
        [method].flat()[0]!.toUpperCase(),
        `${board}${path.replace(':queueName', 'delivery').replaceAll(/:\w+/g, 'failed')}`,
      ]),
  );
const BOARDS = [...boardRoutes('/board/viewer'), ...boardRoutes('/board/admin')];

describe('a stranger', () => {
  it('gets 401 on every page and every route of the boards', async () => {
    expect(BOARDS.length).toBeGreaterThan(50);
    const asked: [string, string][] = [
      ...PAGES.map((path): [string, string] => ['GET', path]),
      ...CHANGES.map((path): [string, string] => ['POST', path]),
      ...BOARDS,
      ['GET', '/board/admin/static/images/logo.svg'],
    ];
    for (const [method, path] of asked)
      expect([method, path, (await stranger.ask(method, path)).status]).toEqual([method, path, 401]);
  });

  it.each([
    '//board/admin/api/queues',
    '/board/admin/api/queues/',
    '/board//admin/api/queues',
    '/board/%61dmin/api/queues',
    '/board/viewer/../admin/api/queues',
    '/board/viewer/%2e%2e/admin/api/queues',
    '/BOARD/admin/api/queues',
    '/board/admin/api/queues;x=1',
    '/board/admin/api/queues?user=ada',
    '/style.css/../',
    '/login/../dead-letters',
    '/health/../dead-letters',
  ])('gets nowhere by writing it as %s', async (path) => {
    for (const method of ['GET', 'OPTIONS', 'PUT']) {
      const head = `Host: ops\r\nX-Http-Method-Override: GET\r\nX-Original-Url: /login\r\nContent-Length: 0\r\nConnection: close`;
      const { status } = await sendRaw(stranger.url, `${method} ${path} HTTP/1.1\r\n${head}\r\n\r\n`);
      expect([401, 403, 404]).toContain(status);
    }
  });

  it('sees the page to log in by, what it is dressed in, and the health', async () => {
    const { status, text, headers } = await stranger.get('/dead-letters?queue=delivery');
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Cookie realm="ops"']);
    expect(text).toContain('<input type="hidden" name="next" value="/dead-letters?queue=delivery"');
    const style = /href="(\/style[^"]+)"/.exec(text)?.[1] as string;
    for (const path of [style, '/icon.svg', '/login', '/health/live', '/health/ready']) {
      expect([path, (await stranger.get(path)).status]).toEqual([path, 200]);
    }
    expect((await stranger.get('/', { accept: '*/*' })).headers.get('www-authenticate')).toBe('Basic realm="ops"');
  });

  it.each([
    ['an API key', () => ({ 'x-api-key': herald.token('unlimitedApiKey') })],
    ['an access token', () => ({ authorization: `Bearer ${herald.token('unlimitedAccessToken')}` })],
    ["a person's JWT", () => ({ authorization: `Bearer ${herald.jwtOf('admin')}` })],
    ["a merchant's JWT", () => ({ authorization: `Bearer ${herald.company.merchants[0]?.jwt}` })],
    ['a JWT as session', () => ({ cookie: `herald_ops=${herald.jwtOf('admin')}` })],
    ['a session that nobody signed', () => ({ cookie: `herald_ops=${unsigned({ sub: 'ada', exp: 4_000_000_000 })}` })],
    ['a wrong password', () => ({ authorization: basic('ada', 'for-tests-onlx') })],
    ['a name that nobody has', () => ({ authorization: basic('nobody') })],
    ['a login that cannot be read', () => ({ authorization: 'Basic %%%' })],
  ])('with %s is a stranger', async (_, headersOf) => {
    for (const path of ['/', '/board/admin/api/queues']) {
      expect((await stranger.get(path, headersOf())).status).toBe(401);
    }
  });
});

describe('a viewer', () => {
  it('sees every page, and the board for viewers', async () => {
    for (const path of ['/', '/dead-letters', '/messages', '/board/viewer', '/board/viewer/api/queues']) {
      expect([path, (await viewer.get(path)).status]).toEqual([path, 200]);
    }
  });

  it("sees nothing of the admins' board", async () => {
    for (const [method, path] of boardRoutes('/board/admin')) {
      expect([method, path, (await viewer.ask(method, path)).status]).toEqual([method, path, 403]);
    }
  });

  it('changes nothing', async () => {
    const changes = BOARDS.filter(([method]) => method !== 'GET');
    expect(changes.length).toBeGreaterThan(30);
    for (const [method, path] of [...changes, ...CHANGES.map((path) => ['POST', path] as const)]) {
      const { status, text } = await viewer.ask(method, path);
      expect([method, path, status]).toEqual([method, path, 403]);
      expect(text).toContain('Only admins may make changes');
    }
  });
});

describe('a page of another site', () => {
  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['another port of the same host', { origin: 'http://127.0.0.1:9' }],
    ['an origin that is kept secret', { origin: 'null' }],
    ['another site, as the browser says', { 'sec-fetch-site': 'cross-site' }],
    ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
  ])('changes nothing by way of an admin: %s', async (_, headers: Record<string, string>) => {
    for (const path of [...CHANGES, '/login', '/logout'])
      expect((await admin.post(path, [], headers)).status).toBe(403);
    const { status } = await admin.ask('PUT', '/board/admin/api/queues/delivery/pause', undefined, headers);
    expect(status).toBe(403);
  });

  it('changes nothing where the browser is too old to say whose page it is', async () => {
    const cookie = await sessionOf('ada');
    expect((await stranger.post('/dead-letters/drop', [['id', '1']], { cookie })).status).toBe(403);
    expect((await stranger.post('/dead-letters/drop', [['id', '1']], { cookie, origin: stranger.url })).status).toBe(
      200,
    );
  });
});

describe('a session', () => {
  it('is a cookie that no script reads and no other site sends', async () => {
    const { status, headers } = await login({ name: 'ada', password: PASSWORD, next: '/dead-letters?queue=delivery' });
    expect([status, headers.get('location')]).toEqual([303, '/dead-letters?queue=delivery']);
    expect(headers.get('set-cookie')).toMatch(
      /^herald_ops=[\w.-]+; Max-Age=28800; Path=\/; HttpOnly; SameSite=Strict$/,
    );
  });

  it('is for https alone where that is what the proxy speaks', async () => {
    await herald.startService('ops', { env: { TRUSTED_PROXIES: '127.0.0.0/8,::1' } }, 'behind a proxy');
    const ops = new Ops(herald, undefined, 'behind a proxy');
    const fields: [string, string][] = [
      ['name', 'ada'],
      ['password', PASSWORD],
    ];
    const origin = ops.url.replace('http:', 'https:');
    const { headers } = await ops.post('/login', fields, { 'x-forwarded-proto': 'https', origin });
    const cookie = headers.get('set-cookie') as string;
    expect(cookie).toMatch(/^__Host-herald_ops=[\w.-]+; Max-Age=28800; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
    const session = { cookie: cookie.split(';')[0] as string };
    expect((await ops.get('/', { ...session, 'x-forwarded-proto': 'https' })).status).toBe(200);
    // Under a name that a page of http could set, or over http, it is none.
    const plain = { cookie: session.cookie.replace('__Host-', ''), 'x-forwarded-proto': 'https' };
    expect((await ops.get('/', plain)).status).toBe(401);
    expect((await ops.get('/', session)).headers.get('strict-transport-security')).toBeNull();
    const fromHttp = await ops.post('/login', fields, { 'x-forwarded-proto': 'https', origin: ops.url });
    expect(fromHttp.status).toBe(403);
  });

  it('lets in as what one is, and ends with a logout', async () => {
    const cookie = await sessionOf('vera');
    expect((await stranger.get('/', { cookie })).text).toContain('vera <small>viewer</small>');
    expect((await stranger.get('/board/admin', { cookie })).status).toBe(403);
    const { headers } = await stranger.post('/logout', [], { cookie, origin: stranger.url });
    expect(headers.get('set-cookie')).toContain('herald_ops=; Max-Age=0');
  });

  it.each([
    '//evil.example',
    '/..//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    '/ok\r\nX: y',
  ])('leads on to this site and no other: %j', async (next) => {
    const { status, headers } = await login({ name: 'ada', password: PASSWORD, next });
    expect(status).toBe(303);
    const url = new URL(headers.get('location') as string, stranger.url);
    expect(url.origin).toBe(new URL(stranger.url).origin);
    expect(headers.get('x')).toBeNull();
  });

  it('is not had with a wrong password, and the page says so', async () => {
    const { status, text, headers } = await login({ name: 'ada', password: 'wrong' });
    expect([status, headers.get('set-cookie')]).toEqual([401, null]);
    expect(text).toContain('Wrong name or password.');
  });
});

describe('failed logins', () => {
  /** Ops behind a proxy that says who asks. */
  const started = async (as: string): Promise<Ops> => {
    await herald.startService('ops', { env: { TRUSTED_PROXIES: '127.0.0.0/8,::1' } }, as);
    return new Ops(herald, undefined, as);
  };
  const tryFrom = (ops: Ops, address: string, name: string, password?: string) =>
    ops.get('/', { authorization: basic(name, password), 'x-forwarded-for': address });
  const guess = async (ops: Ops, address: string, name: string, times: number) => {
    const statuses: number[] = [];
    for (let n = 0; n < times; n++) statuses.push((await tryFrom(ops, address, name, `guess ${n}`)).status);
    return statuses.filter((status) => status === 401).length;
  };

  it('are limited by name and address, also when many come at once', async () => {
    await herald.startService('ops', {}, 'guessed at');
    const ops = new Ops(herald, undefined, 'guessed at');
    const guesses = Array.from({ length: 40 }, (_, n) => ops.get('/', { authorization: basic('ada', `guess ${n}`) }));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(10);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(30);
    await guess(ops, '', 'ada', 10);
    const { status, headers, text } = await ops.get('/', { authorization: basic('ada') });
    expect(status).toBe(429);
    const seconds = Number(headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(300);
    expect(text).toContain('Too many failed logins with this name from this address: try again in 5 minutes');
    const form = await ops.post('/login', [
      ['name', 'ada'],
      ['password', PASSWORD],
    ]);
    expect([form.status, Number(form.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect(form.text).toContain('try again in 5 minutes.');
  });

  it('with one name keep out neither others at the address nor that name elsewhere', async () => {
    const ops = await started('stormed');
    expect(await guess(ops, '203.0.113.7', 'ada', 60)).toBe(10);
    expect((await tryFrom(ops, '203.0.113.7', 'ada')).status).toBe(429);
    expect((await tryFrom(ops, '203.0.113.7', 'vera')).status).toBe(200);
    expect((await tryFrom(ops, '203.0.113.8', 'ada')).status).toBe(200);
  });

  it('are not forgotten by the success of another name', async () => {
    const ops = await started('with an accomplice');
    let looked = 0;
    for (let round = 0; round < 4; round++) {
      looked += await guess(ops, '203.0.113.7', 'ada', 5);
      const fields: [string, string][] = [
        ['name', 'vera'],
        ['password', PASSWORD],
      ];
      expect((await ops.post('/login', fields, { 'x-forwarded-for': '203.0.113.7' })).status).toBe(303);
    }
    expect(looked).toBe(10);
  });

  it('with names that nobody has count like others: by name, and by address', async () => {
    const ops = await started('enumerated');
    expect(await guess(ops, '203.0.113.7', 'nobody', 12)).toBe(10);
    const { text } = await tryFrom(ops, '203.0.113.7', 'nobody');
    expect(text).toContain('Too many failed logins with this name from this address');
    expect((await tryFrom(ops, '203.0.113.7', 'vera')).status).toBe(200);
    let looked = 0;
    for (let n = 0; n < 60; n++) looked += await guess(ops, '203.0.113.7', `nobody-${n}`, 1);
    expect(looked).toBe(40);
    // Somebody who works there.
    expect((await tryFrom(ops, '203.0.113.7', 'vera')).status).toBe(200);
    expect((await tryFrom(ops, '203.0.113.7', 'ada')).text).toContain('Too many failed logins from this address');
    expect((await tryFrom(ops, '203.0.113.8', 'ada')).status).toBe(200);
  });

  it('with one name from many addresses keep out who has not logged in from theirs before', async () => {
    const ops = await started('guessed at from everywhere');
    expect((await tryFrom(ops, '203.0.113.8', 'ada')).status).toBe(200);
    let looked = 0;
    for (let n = 0; n < 25; n++) looked += await guess(ops, `198.51.100.${n}`, 'ada', 10);
    expect(looked).toBe(200);
    const logInFrom = (address: string) =>
      ops.post(
        '/login',
        [
          ['name', 'ada'],
          ['password', PASSWORD],
        ],
        { 'x-forwarded-for': address },
      );
    const unknown = await logInFrom('203.0.113.9');
    expect(unknown.status).toBe(429);
    expect(unknown.text).toContain('Too many failed logins with this name: try again in');
    expect((await logInFrom('203.0.113.8')).status).toBe(303);
  });

  it('with more than a person types are refused before any work is done', async () => {
    const password = 'à'.repeat(2000);
    expect((await stranger.get('/', { authorization: basic('vera', password) })).status).toBe(401);
    const status = async (fields: Record<string, string>) => (await login(fields)).status;
    expect(await status({ name: 'vera', password: 'x'.repeat(2000) })).toBe(401);
    expect(await status({ name: 'vera', password: 'x'.repeat(20_000) })).toBe(413);
    expect(await status({ name: 'x'.repeat(20_000), password: PASSWORD })).toBe(413);
    expect(await status({ name: `vera${' '.repeat(2000)}`, password: PASSWORD })).toBe(401);
  });

  it('are forgotten by one that succeeds', async () => {
    await herald.startService('ops', {}, 'mistyped');
    const ops = new Ops(herald, undefined, 'mistyped');
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 5; n++) await ops.get('/', { authorization: basic('ada', 'wrong') });
      const { status } = await ops.post('/login', [
        ['name', 'ada'],
        ['password', PASSWORD],
      ]);
      expect(status).toBe(303);
    }
  });
});

describe('every answer', () => {
  it.each(['/', '/login', '/nothing', '/dead-letters/x', '/board/admin', '/health/live'])(
    'of %s is fenced in',
    async (path) => {
      const { headers } = await admin.get(path);
      const policy = headers.get('content-security-policy');
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/script-src[^;]*unsafe/);
      // Only the boards have scripts.
      expect(policy?.includes('script-src')).toBe(path.startsWith('/board'));
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
    },
  );
});

async function login(fields: Record<string, string>) {
  return stranger.post('/login', Object.entries(fields), { origin: stranger.url });
}

async function sessionOf(name: string): Promise<string> {
  const { headers } = await login({ name, password: PASSWORD });
  return headers.get('set-cookie')?.split(';')[0] as string;
}

function unsigned(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
}
