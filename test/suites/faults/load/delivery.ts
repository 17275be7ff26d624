import { randomUUID } from 'node:crypto';
import { sign } from 'jsonwebtoken';
import { aLogin, aMessage } from '../../../support/client.js';
import { eventually } from '../../../support/eventually.js';
import type { Intent } from '../ledger.js';
import type { World } from '../world.js';
import { type Actor, VISIBLE_WITHIN_MS } from './actor.js';
import type { Call, Caller, Reply } from './caller.js';
import type { Producers } from './producers.js';

/** Clients of delivery: programs that send, services that put jobs, people who read. */
export class DeliveryClient {
  private readonly token: string;

  constructor(
    private readonly world: World,
    private readonly caller: Caller,
    private readonly producers: Producers,
  ) {
    this.token = world.herald.token('unlimitedAccessToken');
  }

  async send(recipientLogin: string, keyed: boolean): Promise<{ intent: Intent; reply?: Reply }> {
    const intent = await this.intend('single');
    const body = aMessage({ body: intent.content, recipientLogin });
    const call = { method: 'POST', path: '/v1/feed/ai', token: this.token, body };
    return { intent, reply: await this.caller.settle(this.world.ledger, intent.serial, call, keyed) };
  }

  async sendBatch(count: number, keyed: boolean): Promise<Reply | undefined> {
    const intents = await Promise.all(Array.from({ length: count }, () => this.intend('batch')));
    const messages = intents.map(({ content }) => aMessage({ body: content, recipientLogin: 'batched' }));
    const call = { method: 'POST', path: '/v1/feed/ai/batch', token: this.token, body: { messages } };
    try {
      const reply = await (keyed ? this.caller.insist({ ...call, key: randomUUID() }) : this.caller.call(call));
      const results = reply.status === 202 ? reply.body.results : undefined;
      await this.settleBatch(intents, results, `${reply.status} ${reply.body?.message}`);
      return reply;
    } catch (error) {
      await this.settleBatch(intents, undefined, (error as Error).message);
      return undefined;
    }
  }

  /** Jobs of an internal service. */
  async put(count: number): Promise<void> {
    const companyId = this.world.herald.company.id;
    await Promise.all(
      Array.from({ length: count }, async () => {
        const { serial, content } = await this.intend('job');
        const body = aMessage({ body: content, recipientLogin: 'direct' });
        await this.producers.put(serial, 'delivery', 'deliver', { companyId, body });
      }),
    );
  }

  async setStatus(target: Intent, id: string, status: string, login: string, keyed = true): Promise<Reply | undefined> {
    const { serial } = await this.world.ledger.intend({
      slice: 'delivery',
      door: 'set-status',
      kind: 'status',
      content: () => status,
      target: target.serial,
    });
    const call = { method: 'PATCH', path: `/v1/feed/${id}`, token: this.jwtOf(login), body: { status } };
    return this.caller.settle(this.world.ledger, serial, call, keyed);
  }

  /** Everything that `login` got, which is these messages. */
  async readAll(login: string, messages: Intent[]): Promise<void> {
    const { serial } = await this.world.ledger.intend({
      slice: 'delivery',
      door: 'read-all',
      kind: 'read-all',
      content: () => login,
      target: messages.map((message) => message.serial).join(' '),
    });
    const call = { method: 'POST', path: '/v1/feed/read-all', token: this.jwtOf(login) };
    await this.caller.settle(this.world.ledger, serial, call, true);
  }

  feed(login: string): Call {
    return { method: 'GET', path: '/v1/feed?limit=10', token: this.jwtOf(login) };
  }

  async delivered(id: string): Promise<void> {
    const call = { method: 'GET', path: `/v1/messages/${id}`, token: this.token };
    await eventually(async () => (await this.caller.insist(call)).body.state === 'delivered', VISIBLE_WITHIN_MS);
  }

  private intend(door: string): Promise<Intent> {
    const content = (mark: string) => `A message, ${mark}`;
    return this.world.ledger.intend({ slice: 'delivery', door, kind: 'message', content });
  }

  private async settleBatch(intents: Intent[], results: { correlationId?: string }[] | undefined, reason: string) {
    await Promise.all(
      intents.map(({ serial }, index) => {
        const id = results?.[index]?.correlationId;
        return this.world.ledger.settle(serial, id ? 'acked' : 'unknown', { id, reason: id ? undefined : reason });
      }),
    );
  }

  private jwtOf(login: string): string {
    const { company, demo } = this.world.herald;
    const { issuer, userAudience: audience, algorithm, secret } = demo.jwt;
    return sign({ sub: login, company_id: company.id }, secret, { algorithm, issuer, audience, expiresIn: '1d' });
  }
}

/** Delivery, through every door. */
export function deliveryActors(client: DeliveryClient, keyed: () => boolean): Actor[] {
  /** Statuses of one message, one after another: the last one that got 200 stands in the end. */
  const setStatuses = async () => {
    const { intent, reply } = await client.send('dmurta', true);
    if (reply?.status !== 202) return;
    const id = reply.body.correlationId;
    await client.delivered(id);
    for (const status of ['read', 'archived', 'unread']) await client.setStatus(intent, id, status, 'dmurta');
  };

  const readAll = async () => {
    const login = aLogin();
    const sent = await Promise.all([client.send(login, true), client.send(login, true)]);
    if (sent.some(({ reply }) => reply?.status !== 202)) return;
    for (const { reply } of sent) await client.delivered(reply?.body.correlationId);
    await client.readAll(
      login,
      sent.map(({ intent }) => intent),
    );
  };

  return [
    { door: 'single', clients: 4, pauseMs: 300, act: () => client.send('single', keyed()) },
    { door: 'batch', clients: 2, pauseMs: 600, act: () => client.sendBatch(10, keyed()) },
    { door: 'job', clients: 1, pauseMs: 400, act: () => client.put(5) },
    { door: 'set-status', clients: 2, pauseMs: 500, act: setStatuses },
    { door: 'read-all', clients: 1, pauseMs: 1000, act: readAll },
  ];
}
