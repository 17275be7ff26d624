import { connect } from 'node:net';
import { aMessage } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Figures } from '../../support/figures.js';
import { Herald } from '../../support/herald.js';

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway'] });
});
afterAll(() => herald.stop());

const program = () => herald.token('unlimitedAccessToken');

/** A client that sends its body after the server's 100 Continue. */
function patient(head: string, body: string): Promise<{ statuses: number[]; answer: string; wasClosed: boolean }> {
  const { hostname, port } = new URL(herald.url);
  return new Promise((give, fail) => {
    let answer = '';
    let sent = false;
    const statuses = () => [...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
    const socket = connect(Number(port), hostname, () => socket.write(head));
    const end = (wasClosed: boolean) => {
      give({ statuses: statuses(), answer, wasClosed });
      socket.destroy();
    };
    socket.setTimeout(10_000, () => fail(new Error(`no end: ${answer}`)));
    socket.on('error', fail);
    socket.on('end', () => end(true));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (statuses().includes(100) && !sent) {
        sent = true;
        socket.write(body);
      }
      if (/^connection: keep-alive/im.test(answer)) end(false);
    });
  });
}

describe('Expect: 100-continue', () => {
  const head = (target: string, token: string | undefined, ...lines: string[]) =>
    [
      `${target} HTTP/1.1`,
      'Host: x',
      'Expect: 100-continue',
      ...(token ? [`Authorization: Bearer ${token}`] : []),
      ...lines,
      '\r\n',
    ].join('\r\n');
  const JSON_TYPE = 'Content-Type: application/json';

  it('gets 100 Continue once its request is accepted, and keeps its connection', async () => {
    const text = JSON.stringify(aMessage());
    const lines = [JSON_TYPE, `Content-Length: ${Buffer.byteLength(text)}`];
    const { statuses, wasClosed } = await patient(head('POST /v1/feed/ai', program(), ...lines), text);
    expect([statuses, wasClosed]).toEqual([[100, 202], false]);
    const chunks = `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`;
    const chunked = head('POST /v1/feed/ai', program(), JSON_TYPE, 'Transfer-Encoding: chunked');
    expect((await patient(chunked, chunks)).statuses).toEqual([100, 202]);
  });

  it.each<[string, number, (length: string) => string]>([
    ['no credential', 401, (length) => head('POST /v1/feed/ai', undefined, JSON_TYPE, length)],
    ['a missing scope', 403, (length) => head('POST /v1/feed/ai', herald.token('readOnlyApiKey'), JSON_TYPE, length)],
    ['an unknown path', 404, (length) => head('PUT /nowhere', program(), length)],
    ['another method', 405, (length) => head('PUT /v1/feed', program(), JSON_TYPE, length)],
    ['too long a body', 413, () => head('POST /v1/feed/ai', program(), JSON_TYPE, 'Content-Length: 70000')],
    ['another type', 415, (length) => head('POST /v1/feed/ai', program(), 'Content-Type: text/xml', length)],
    ['another expectation', 417, (length) => head('POST /v1/feed/ai', program(), length).replace('100-', '200-')],
    [
      'another expectation besides',
      417,
      (length) => head('POST /v1/feed/ai', program(), length).replace('continue', 'continue, gold'),
    ],
  ])('with %s is %i before the body is sent, on a connection that ends', async (_, status, headOf) => {
    for (const length of status === 415 || status === 413
      ? ['Content-Length: 9']
      : ['Content-Length: 9', 'Transfer-Encoding: chunked']) {
      const { statuses, answer, wasClosed } = await patient(headOf(length), '');
      expect([statuses, wasClosed]).toEqual([[status], true]);
      expect(answer).toMatch(/^connection: close\r$/im);
      expect(answer).toContain(`"statusCode":${status}`);
    }
  });

  it('takes no room when it was refused', async () => {
    const inFlight = async () => (await Figures.of(herald.service('gateway'))).sum('herald_http_requests_in_flight');
    await eventually(async () => (await inFlight()) === 0);
    expect(await inFlight()).toBe(0);
  });
});
