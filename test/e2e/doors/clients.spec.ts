import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { aMessage } from '../../support/client.js';
import { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';
import { sendRaw } from '../../support/raw-http.js';

let herald: Herald;
let merchant: Merchant;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery', 'merchant-answers'] });
  merchant = new Merchant(herald);
});
afterAll(() => herald.stop());

const program = () => herald.token('unlimitedAccessToken');
const person = () => herald.jwtOf('dmurta');

/** One request as it stands on the wire; `lines` are headers. */
const raw = (target: string, token: string | undefined, lines: string[] = [], body = '') =>
  sendRaw(
    herald.url,
    [`${target} HTTP/1.1`, 'Host: x', ...(token ? [`Authorization: Bearer ${token}`] : []), ...lines].join('\r\n') +
      `\r\n\r\n${body}`,
  );

const json = (body: unknown) => {
  const text = JSON.stringify(body);
  return { lines: ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`], text };
};

describe('a target in absolute form, as proxies send it,', () => {
  it('has the same id for the same key as the path alone', async () => {
    const { lines, text } = json(aMessage());
    const key = `Idempotency-Key: ${randomUUID()}`;
    const targets = [
      '/v1/feed/ai',
      'http://herald.example/v1/feed/ai',
      'HTTPS://herald.example:8443/v1/feed/ai/?a=/b',
      'http://herald.example/v1/%66eed/ai',
      '/v1/feed/ai#top',
    ];
    const answers = [];
    for (const target of targets) answers.push(await raw(`POST ${target}`, program(), [...lines, key], text));
    expect(answers.map(({ status }) => status)).toEqual(targets.map(() => 202));
    expect(new Set(answers.map(({ body }) => body.correlationId)).size).toBe(1);
    expect(answers.slice(1).map(({ headers }) => headers['idempotent-replayed'])).toEqual(
      targets.slice(1).map(() => 'true'),
    );
  });

  it.each([
    ['GET http://herald.example/v1/feed?limit=0', 400, '/v1/feed', 'person'],
    ['GET http://herald.example/v1/feed', 401, '/v1/feed', 'nobody'],
    ['GET http://herald.example', 404, '/', 'program'],
    ['GET http://herald.example?a=/v1/feed', 404, '/', 'program'],
    ['GET http://herald.example/nowhere?x', 404, '/nowhere', 'program'],
    ['PUT http://herald.example/v1/feed', 405, '/v1/feed', 'program'],
    ['FETCH http://herald.example/v1/feed?x', 400, '/v1/feed', 'nobody'],
  ])('%s is %i with the path %s', async (target, status, path, who) => {
    const token = who === 'program' ? program() : who === 'person' ? person() : undefined;
    expect(await raw(target, token)).toMatchObject({ status, body: { statusCode: status, path } });
  });

  it.each(['http://herald.example/api/v1/notification/123/answer', '/api/v1/%6eotification/123/answer'])(
    'describes %s in the words of its document',
    async (target) => {
      const answer = await raw(`GET ${target}`, merchant.token);
      expect(answer).toMatchObject({ status: 405, headers: { allow: 'post' }, body: { detail: answer.body.message } });
    },
  );

  it('finds health and figures', async () => {
    expect((await raw('GET http://herald.example/health/live', undefined)).status).toBe(200);
    const { metricsUrl } = herald.service('gateway');
    const { hostname, port } = new URL(metricsUrl);
    const answer = await new Promise<string>((give, fail) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write('GET http://x/metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
      );
      socket.once('data', (chunk) => {
        give(chunk.toString());
        socket.destroy();
      });
      socket.once('error', fail);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 200/);
  });
});

describe('no body is no body', () => {
  const FORM = 'Content-Type: application/x-www-form-urlencoded';
  const waysToSendNone: [string, string[], string][] = [
    ['a form of no length', [FORM, 'Content-Length: 0'], ''],
    ['text of no length', ['Content-Type: text/plain;charset=UTF-8', 'Content-Length: 0'], ''],
    ['a type that is none', ['Content-Type: a/b/c; =', 'Content-Length: 0'], ''],
    ['a form without a length', [FORM], ''],
    [
      'JSON of no length, compressed',
      ['Content-Type: application/json', 'Content-Encoding: gzip', 'Content-Length: 0'],
      '',
    ],
    ['chunks without a byte', ['Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['a form in chunks without a byte', [FORM, 'Transfer-Encoding: Chunked'], '0\r\n\r\n'],
    ['a type that is none in chunks without a byte', ['Content-Type: /', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['JSON in chunks without a byte', ['Content-Type: application/json', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
  ];

  it.each(waysToSendNone)('as %s', async (_, lines, body) => {
    expect((await raw('POST /v1/feed/read-all', person(), lines, body)).status).toBe(200);
    expect((await raw('DELETE /api/v1/notification/999999', merchant.token, lines, body)).status).toBe(404);
    // These want one.
    for (const [target, token] of [
      ['POST /v1/feed/ai', program()],
      [`PATCH /v1/feed/${randomUUID()}`, person()],
      ['POST /api/v1/notification/123/answer', merchant.token],
    ] as const) {
      expect([target, (await raw(target, token, lines, body)).status]).toEqual([target, 400]);
    }
    expect((await raw('POST /nowhere', program(), lines, body)).status).toBe(404);
  });

  it('and the same request with any of them is the same to its key', async () => {
    const key = `Idempotency-Key: ${randomUUID()}`;
    const answers = [];
    for (const [, lines, body] of waysToSendNone)
      answers.push(await raw('POST /v1/feed/read-all', person(), [...lines, key], body));
    expect(new Set(answers.map(({ headers }) => headers['x-correlation-id'])).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual(waysToSendNone.map(() => 200));
  });

  it('but one byte of another type is 415, however it comes', async () => {
    const chunked = ['Transfer-Encoding: chunked'];
    for (const [lines, body] of [
      [[FORM, 'Content-Length: 1'], 'a'],
      [['Content-Length: 1'], 'a'],
      [[FORM, ...chunked], '1\r\na\r\n0\r\n\r\n'],
      [chunked, '1\r\na\r\n0\r\n\r\n'],
      [[FORM, ...chunked], '1\r\na\r\n'],
    ] as const) {
      expect(await raw('POST /v1/feed/read-all', person(), [...lines], body)).toMatchObject({
        status: 415,
        body: { message: 'The body must be sent as application/json' },
      });
    }
  });
});

describe('a head that another server may read otherwise', () => {
  it.each([
    ['two hosts', ['Host: y'], 400, 'Host must be given once'],
    ['the same host twice', ['Host: x'], 400, 'Host must be given once'],
    ['a coding before the chunks', ['Transfer-Encoding: gzip, chunked'], 501, undefined],
    ['a coding in a header of its own', ['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'], 501, undefined],
    ['a coding alone', ['Transfer-Encoding: gzip'], 501, undefined],
    ['a coding after the chunks', ['Transfer-Encoding: chunked, gzip'], 501, undefined],
    ['an identity of old', ['Transfer-Encoding: identity'], 501, undefined],
  ])('is refused: %s', async (_, lines, status, told) => {
    const message = told ?? 'Of transfer codings, only chunked is read';
    for (const token of [program(), undefined]) {
      const body = status === 501 ? '0\r\n\r\n' : '';
      const answer = await raw('POST /v1/feed/ai', token, lines, body);
      expect(answer).toMatchObject({ status, body: { statusCode: status, message, path: '/v1/feed/ai' } });
    }
  });

  it.each(['a b', 'x/y', 'x@y', 'ü', 'x?y'])('is refused: the host %j', async (host) => {
    const answer = await sendRaw(herald.url, `GET /v1/feed HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect(answer).toMatchObject({ status: 400, body: { message: 'Host is not valid' } });
  });

  it.each(['', 'herald.example', 'herald_1.example:3000', '[::1]:3000', '10.0.0.1'])(
    'is read: the host %j',
    async (host) => {
      expect((await sendRaw(herald.url, `GET /health/live HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status).toBe(200);
    },
  );
});
