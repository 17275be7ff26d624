import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { aLogin, aMessage } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import type { Service } from '../../support/service.js';

const DRAIN_MS = 2000;

let herald: Herald;
let gateway: Service;
/** One connection, kept open. */
let agent: Agent;

beforeEach(async () => {
  herald = await Herald.start({ services: ['delivery'] });
  gateway = await herald.startService('gateway', { env: { DRAIN_MS: String(DRAIN_MS) } });
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
}, 60_000);
afterEach(async () => {
  agent.destroy();
  await herald.stop();
});

async function ask(method: string, path: string, content?: unknown) {
  const headers = { 'x-api-key': herald.token('unlimitedApiKey'), 'content-type': 'application/json' };
  const asked: ClientRequest = request(`${gateway.url}${path}`, { method, agent, headers });
  asked.end(content === undefined ? undefined : JSON.stringify(content));
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const body = (await json(answer)) as any;
  return { status: answer.statusCode, connection: answer.headers.connection, reused: asked.reusedSocket, body };
}

describe('a gateway that gets SIGTERM', () => {
  it('goes on answering for DRAIN_MS, not ready, and hangs up with its answers', async () => {
    const recipientLogin = aLogin();
    const send = () => ask('POST', '/v1/feed/ai', aMessage({ recipientLogin }));
    expect(await send()).toMatchObject({ status: 202, connection: 'keep-alive', reused: false });
    const toldAt = Date.now();
    const stopped = gateway.stop();
    await sleep(DRAIN_MS / 10);
    expect(await send()).toMatchObject({ status: 202, connection: 'close', reused: true });
    expect(await send()).toMatchObject({ status: 202, connection: 'close', reused: false });
    expect(await ask('GET', '/health/ready')).toMatchObject({
      status: 503,
      body: { status: 'stopping', dependencies: { postgres: 'ok', redis: 'ok' } },
    });
    expect(await ask('GET', '/health/live')).toMatchObject({ status: 200 });

    expect(await stopped).toBe(0);
    expect(Date.now() - toldAt).toBeGreaterThanOrEqual(DRAIN_MS);
    await expect(send()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    // It published the late message itself: there is no other gateway.
    await eventually(async () => {
      const delivered = await herald.query('select from feed_messages where recipient_login = $1', [recipientLogin]);
      return delivered.length === 3;
    });
  });
});
