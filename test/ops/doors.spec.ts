import { appRoutes } from '@bull-board/api/dist/routes.js';
import { Herald } from '../support/herald.js';
import { Ops } from '../support/ops.js';
import { basic, PASSWORD } from '../support/ops-users.js';
import { sendRaw } from '../support/raw-http.js';

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
      expect(text).toContain('Only admins may change anything');
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
    const { headers } = await ops.post('/login', fields, { 'x-forwarded-proto': 'https' });
    expect(headers.get('set-cookie')).toContain('; Secure');
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
  it('are limited by address, also when many come at once', async () => {
    await herald.startService('ops', {}, 'guessed at');
    const ops = new Ops(herald, undefined, 'guessed at');
    const guesses = Array.from({ length: 40 }, (_, n) => ops.get('/', { authorization: basic('ada', `guess ${n}`) }));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(10);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(30);
    const { status, headers } = await ops.get('/', { authorization: basic('ada') });
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
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
