import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { judgedFetch } from './checked-fetch.js';

export interface CheckingProxy {
  url: string;
  /** Ends it; rejects when an answer was not as the OpenAPI document says. */
  close(): Promise<void>;
}

/** Hop-by-hop headers, which a proxy does not pass on. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host'];

const passedOn = (headers: Iterable<[string, string]>) =>
  Object.fromEntries([...headers].filter(([name]) => !HOP_BY_HOP.includes(name)));

/** Stands between a program that makes its own calls and the gateway, and checks what the program gets. */
export async function checkingProxy(gateway: string): Promise<CheckingProxy> {
  const faults: unknown[] = [];
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch((error: unknown) => {
      faults.push(error);
      outgoing.destroy();
    });
  }).listen(0, '127.0.0.1');

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url, headers } = incoming;
    const body = await text(incoming);
    const { response, fault } = await judgedFetch(
      new Request(`${gateway}${url}`, {
        method,
        headers: passedOn(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        body: body === '' ? undefined : body,
      }),
    );
    if (fault) faults.push(fault);
    outgoing.writeHead(response.status, passedOn(response.headers)).end(await response.text());
  }

  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      if (faults.length > 0) throw new AggregateError(faults, faults.map(String).join('\n'));
    },
  };
}
