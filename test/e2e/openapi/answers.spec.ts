import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiDocument } from '../../support/api-document.js';
import { holdToDocument } from '../../support/checked-fetch.js';
import { checkingProxy } from '../../support/checking-proxy.js';
import { call } from '../../support/client.js';
import { Herald } from '../../support/herald.js';

/** An answer as a server gives it. */
interface Given {
  status?: number;
  type?: string;
  headers?: Record<string, string>;
  body: unknown;
}

let herald: Herald;
let server: Server;
let url: string;
let given: Given;

/** A server that has the gateway's document, and answers as a test likes. */
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'merchant-answers'] });
  const { json } = await holdToDocument(herald.url);
  server = createServer((request, response) => {
    if (request.url === '/openapi.json') return response.end(JSON.stringify(json));
    const { status = 200, type = 'application/json; charset=utf-8', headers, body } = given;
    return response
      .writeHead(status, { 'content-type': type, 'x-request-id': 'r', ...headers })
      .end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await holdToDocument(url);
});
afterAll(async () => {
  server?.close();
  await herald?.stop();
});

const stats = {
  total_notifications: 1,
  unread_count: 1,
  read_count: 0,
  archived_count: 0,
  by_type: { system: 1 },
  by_priority: { low: 1, medium: 0, high: 0, urgent: 0 },
};
const refusal = {
  error: 'ServiceUnavailable',
  message: 'The database is away; try again',
  statusCode: 503,
  timestamp: '2024-01-10T10:00:00.000Z',
  path: '/team-notifications/stats',
  requestId: 'r',
};
const { path: _, ...incomplete } = refusal;
const problem = { type: 'about:blank', title: 'x', status: 503, instance: '/x', detail: 'x', ...refusal };
const retry = { 'retry-after': '2' };

const ask = (answer: Given, path = '/team-notifications/stats') => {
  given = answer;
  return call('GET', `${url}${path}`);
};

describe('an answer', () => {
  it.each<[string, Given]>([
    ['as described', { body: stats }],
    ['that refuses', { status: 503, headers: retry, body: refusal }],
    ['that refuses as a problem', { status: 503, headers: retry, type: 'application/problem+json', body: problem }],
  ])('%s passes', async (_name, answer) => {
    expect(await ask(answer)).toMatchObject({ body: answer.body });
  });

  it.each<[string, Given, RegExp]>([
    ['with a field more', { body: { ...stats, secret: 1 } }, /must NOT have additional properties.*secret/],
    ['with a field less', { body: { ...stats, read_count: undefined } }, /required property 'read_count'/],
    ['with a field of another type', { body: { ...stats, read_count: '0' } }, /\/read_count must be integer/],
    ['with a wrong value inside a record', { body: { ...stats, by_type: { system: null } } }, /\/by_type\/system/],
    ['of a status nobody described', { status: 418, body: refusal }, /the status 418 is not described/],
    ['of another content type', { type: 'text/html', body: stats }, /the content type text\/html/],
    ['with a header nobody described', { headers: { 'x-powered-by': 'it' }, body: stats }, /header x-powered-by/],
    ['that lacks a header', { status: 503, body: refusal }, /the header retry-after is missing/],
    ['with a bad header', { status: 503, headers: { 'retry-after': 'soon' }, body: refusal }, /header retry-after/],
    ['whose refusal lacks a field', { status: 503, headers: retry, body: incomplete }, /required property 'path'/],
    ['with a time that is none', { status: 503, headers: retry, body: { ...refusal, timestamp: 'now' } }, /date-time/],
  ])('%s does not', async (_name, answer, message) => {
    await expect(ask(answer)).rejects.toThrow(message);
  });

  it('at a path nobody knows must be a refusal', async () => {
    const found = { ...refusal, error: 'NotFound', statusCode: 404 };
    expect((await ask({ status: 404, body: found }, '/nowhere')).status).toBe(404);
    await expect(ask({ status: 200, body: {} }, '/nowhere')).rejects.toThrow(/200 is not described/);
    await expect(ask({ status: 404, body: { message: 'x' } }, '/nowhere')).rejects.toThrow(/required property/);
  });
});

it.each([
  ['of an id that looks like a step in a path', '/team-notifications/users/%2e?limit=0'],
  ['of a path that is written with escapes', '/team-notification%73/st%61ts/?limit=0'],
])('an answer %s is judged as that of its route', async (_name, path) => {
  const { json } = await holdToDocument(url);
  const headers = new Headers({ 'content-type': 'application/json', 'x-request-id': 'r' });
  const answer = { method: 'GET', url: `${url}${path}`, text: JSON.stringify(refusal), headers };
  const document = new ApiDocument(json);
  expect(document.faultsOf({ ...answer, status: 400 })).toEqual([]);
  expect(document.faultsOf({ ...answer, status: 405 })).toEqual(['the status 405 is not described']);
});

describe('the proxy between a program and the gateway', () => {
  it('passes responses that are as described, and reports the others when it ends', async () => {
    const good = await checkingProxy(herald.url);
    expect((await fetch(`${good.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${good.url}/team-notifications`)).status).toBe(401);
    await good.close();

    const bad = await checkingProxy(url);
    given = { body: { ...stats, secret: 1 } };
    expect(await (await fetch(`${bad.url}/team-notifications/stats`)).json()).toMatchObject({ secret: 1 });
    await expect(bad.close()).rejects.toThrow(/secret/);
  });
});
