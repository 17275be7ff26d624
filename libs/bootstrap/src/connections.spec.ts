import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { limitConnections } from './connections.js';

const MAX = 3;
let server: Server;
const clients: Socket[] = [];
let requests: number;
beforeEach(async () => {
  requests = 0;
  server = createServer((request, response) => {
    requests++;
    if (request.url === '/never') return;
    response.end(request.url === '/large' ? Buffer.alloc(32 * 1024 * 1024) : 'ok');
  });
  limitConnections(server, MAX);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  server.close();
});

async function ask(path: string): Promise<Socket> {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  clients.push(client);
  client.on('error', () => undefined);
  client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(client, 'connect');
  return client;
}

/** Asks, and reads nothing of the response but its beginning. */
async function readSlowly(path: string): Promise<Socket> {
  const client = await ask(path);
  await once(client, 'data');
  return client.pause();
}

it('at the limit, whoever has been reading a response longest makes room when nobody is idle', async () => {
  const slow = [await readSlowly('/large'), await readSlowly('/large'), await readSlowly('/large')];
  const [answer] = (await once(await ask('/'), 'data')) as [Buffer];
  expect(answer.toString()).toContain('200 OK');
  const ends = slow.map((client) => once(client.resume(), 'close').then(() => client));
  expect(await Promise.race(ends)).toBe(slow[0]);
});

it('at the limit, an idle connection makes room before one that reads', async () => {
  const slow = [await readSlowly('/large'), await readSlowly('/large')];
  const idle = await ask('/');
  await once(idle, 'data');
  const closed = once(idle, 'close');
  await once(await ask('/'), 'data');
  await closed;
  expect(slow.map((client) => client.destroyed)).toEqual([false, false]);
});

it('work in progress makes no room', async () => {
  for (let n = 0; n < MAX; n++) await ask('/never');
  while (requests < MAX) await new Promise(setImmediate);
  const refused = await ask('/');
  if (!refused.destroyed) await once(refused, 'close');
  expect(refused.destroyed).toBe(true);
});
