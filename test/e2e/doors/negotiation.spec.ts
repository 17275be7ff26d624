import { aMessage, call } from '../../support/client.js';
import { Herald } from '../../support/herald.js';

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway'] });
});
afterAll(() => herald.stop());

const program = () => herald.token('unlimitedAccessToken');

describe('a body', () => {
  const post = (headers: Record<string, string>, body: unknown = aMessage()) =>
    call('POST', `${herald.url}/v1/feed/ai`, { token: program(), body, headers });

  it.each(['identity', 'Identity', ' identity ', '', 'identity, identity'])(
    'in the coding %j is read',
    async (coding) => {
      expect((await post({ 'content-encoding': coding })).status).toBe(202);
    },
  );

  it.each(['gzip', 'identity, gzip', 'br'])('in the coding %j is not', async (coding) => {
    expect(await post({ 'content-encoding': coding })).toMatchObject({
      status: 415,
      body: { message: 'The body must not be compressed' },
    });
  });

  it.each([
    ['application/problem+json;q=0', 'application/json'],
    ['application/problem+json;q=0, */*', 'application/json'],
    ['application/problem+json;q=0.4, application/json', 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/json, application/problem+json', 'application/problem+json'],
    ['application/json;q=0.4, Application/Problem+JSON; charset=utf-8', 'application/problem+json'],
  ])('that is refused has, for Accept: %s, a refusal in %s', async (accept, type) => {
    const answer = await post({ accept }, {});
    expect([answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual([400, type]);
    expect('title' in answer.body).toBe(type !== 'application/json');
  });

  it('of a batch without a good message is refused in both forms, with what is wrong with each', async () => {
    const send = (accept: string) =>
      call('POST', `${herald.url}/v1/feed/ai/batch`, {
        token: program(),
        body: { messages: [{}, aMessage({ title: '' })] },
        headers: { accept },
      });
    const results = [
      expect.objectContaining({ error: 'ValidationError' }),
      expect.objectContaining({ errors: [{ field: 'message.title', message: 'must not be empty' }] }),
    ];
    const facts = { error: 'ValidationError', statusCode: 400, path: '/v1/feed/ai/batch', results };
    const answer = await send('*/*');
    expect(answer).toMatchObject({ status: 400, body: facts });
    expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'));
    expect((await send('application/problem+json')).body).toMatchObject({ ...facts, status: 400, title: facts.error });
  });
});

describe('/', () => {
  const ask = (accept: string | undefined, method = 'GET', path = '/') =>
    fetch(`${herald.url}${path}`, { method, headers: accept === undefined ? {} : { accept } });
  const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

  it('shows a person with a browser what this is, with a link to the reference', async () => {
    for (const accept of [BROWSER, 'text/html']) {
      const answer = await ask(accept);
      const page = await answer.text();
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
      expect(page).toContain('<a href="/docs">');
      expect(page).not.toMatch(/<script|style=|\son\w+=|https?:/);
      for (const [, path] of page.matchAll(/(?:href|src)="([^"]+)"/g)) {
        expect([path, (await ask('*/*', 'GET', path)).status]).toEqual([path, 200]);
      }
    }
    expect((await ask(BROWSER, 'HEAD')).status).toBe(200);
  });

  it.each([undefined, '*/*', 'application/json', 'application/json, text/html;q=0.5', 'text/html;q=0'])(
    'is as closed as ever for Accept: %s',
    async (accept) => {
      expect((await ask(accept)).status).toBe(401);
    },
  );

  it('and every other path and method are so for browsers too', async () => {
    for (const path of ['//', '/index.html', '/nowhere', '/v1/feed', '/favicon.png', '/favicon.ico/x']) {
      expect([path, (await ask(BROWSER, 'GET', path)).status]).toEqual([path, 401]);
    }
    expect((await ask(BROWSER, 'POST')).status).toBe(401);
    expect((await call('POST', herald.url, { token: program(), headers: { accept: BROWSER } })).status).toBe(404);
  });

  it('has an icon in both forms', async () => {
    const ico = await ask('image/*', 'GET', '/favicon.ico');
    expect([ico.status, ico.headers.get('content-type')]).toEqual([200, 'image/vnd.microsoft.icon']);
    expect(
      Buffer.from(await ico.arrayBuffer())
        .subarray(0, 6)
        .toString('hex'),
    ).toBe('000001000100');
    const svg = await ask('image/*', 'GET', '/favicon.svg');
    expect([svg.status, svg.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
  });
});
