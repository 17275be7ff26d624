import { connect } from 'node:net';
import { aMessage, call } from '../../support/client.js';
import { EventReader } from '../../support/event-reader.js';
import { eventually } from '../../support/eventually.js';
import { Figures } from '../../support/figures.js';
import { Herald } from '../../support/herald.js';

/** More than the buffers of both ends of a connection hold. */
const BATCHES = 6;
const OF_ONE = 900;
const NOTE = 'x'.repeat(4000);

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery'] });
});
afterAll(() => herald.stop());

const cut = async () => (await Figures.of(herald.service('gateway'))).sum('herald_stream_cut_total');

async function sendMuch(): Promise<string[]> {
  const token = herald.token('unlimitedAccessToken');
  const ids: string[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const messages = Array.from({ length: OF_ONE }, () => aMessage({ metadata: { note: NOTE } }));
    const { body } = await call('POST', `${herald.url}/v1/feed/ai/batch`, { token, body: { messages } });
    ids.push(...body.results.map(({ correlationId }: { correlationId: string }) => correlationId));
  }
  return ids;
}

it('cuts off a reader that takes nothing, and lets it continue where it was, however much that is', async () => {
  const jwt = herald.jwtOf('dmurta');
  const first = await EventReader.open(`${herald.url}/v1/feed/stream`, jwt);
  const start = await eventually(() => first.lastId);
  first.close();
  const { hostname, port } = new URL(herald.url);
  const lazy = connect(Number(port), hostname);
  lazy.write(`GET /v1/feed/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${jwt}\r\n\r\n`);
  await new Promise((begun) => lazy.once('data', begun));
  lazy.pause();
  try {
    const before = await cut();
    const sent = await sendMuch();
    await eventually(async () => (await cut()) === before + 1, 20_000);
    const reader = await EventReader.open(`${herald.url}/v1/feed/stream`, jwt, { 'last-event-id': start });
    await eventually(() => reader.of('message').length >= sent.length, 20_000);
    expect(new Set(reader.of('message').map(({ id }) => id))).toEqual(new Set(sent));
    // 22 MB came in pieces, each of which it had taken before the next.
    expect(await cut()).toBe(before + 1);
    reader.close();
  } finally {
    lazy.destroy();
  }
});
