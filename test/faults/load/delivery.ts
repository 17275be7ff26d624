import { randomUUID } from 'node:crypto';
import { sign } from 'jsonwebtoken';
import { aLogin, aMessage } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import type { Intent } from '../ledger.js';
import { type Actor, type Scene, VISIBLE_WITHIN_MS } from './actor.js';

const STATUSES = ['read', 'archived', 'unread'];
const BATCH = 10;

/** Delivery, through every door: single and batch sends, jobs of internal services, and the commands of people. */
export function deliveryActors({ world, caller, producers, keyed }: Scene): Actor[] {
  const { herald, ledger } = world;
  const token = herald.token('unlimitedAccessToken');
  const jwt = herald.jwtOf('dmurta');

  const intend = (door: string) =>
    ledger.intend({ slice: 'delivery', door, kind: 'message', content: (mark) => `A message, ${mark}` });

  const sendTo = (recipientLogin: string, withKey: boolean) =>
    intend('single').then(async (intent) => {
      const body = aMessage({ body: intent.content, recipientLogin });
      const call = { method: 'POST', path: '/v1/feed/ai', token, body };
      return { intent, reply: await caller.settle(ledger, intent.serial, call, withKey) };
    });

  const settleBatch = async (intents: Intent[], results: { correlationId?: string }[] | undefined, reason: string) => {
    await Promise.all(
      intents.map(({ serial }, index) => {
        const id = results?.[index]?.correlationId;
        return ledger.settle(serial, id ? 'acked' : 'unknown', { id, reason: id ? undefined : reason });
      }),
    );
  };

  const sendBatch = async () => {
    const intents = await Promise.all(Array.from({ length: BATCH }, () => intend('batch')));
    const messages = intents.map(({ content }) => aMessage({ body: content, recipientLogin: 'batched' }));
    const call = { method: 'POST', path: '/v1/feed/ai/batch', token, body: { messages } };
    try {
      const key = randomUUID();
      const { status, body } = await (keyed() ? caller.insist({ ...call, key }) : caller.call(call));
      await settleBatch(intents, status === 202 ? body.results : undefined, `${status} ${body?.message}`);
    } catch (error) {
      await settleBatch(intents, undefined, (error as Error).message);
    }
  };

  const putJobs = async () => {
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        const { serial, content } = await intend('job');
        const body = aMessage({ body: content, recipientLogin: 'direct' });
        await producers.put(serial, 'delivery', 'deliver', { companyId: herald.company.id, body });
      }),
    );
  };

  const delivered = (id: string) =>
    eventually(async () => {
      const path = `/v1/messages/${id}`;
      const { body } = await caller.insist({ method: 'GET', path, token });
      return body.state === 'delivered';
    }, VISIBLE_WITHIN_MS);

  /** Statuses of one message, one after another: the last one that got 200 stands in the end. */
  const setStatuses = async () => {
    const { intent, reply } = await sendTo('dmurta', true);
    const id = reply?.body?.correlationId;
    if (reply?.status !== 202) return;
    await delivered(id);
    for (const status of STATUSES) {
      const { serial } = await ledger.intend({
        slice: 'delivery',
        door: 'set-status',
        kind: 'status',
        content: () => status,
        target: intent.serial,
      });
      const call = { method: 'PATCH', path: `/v1/feed/${id}`, token: jwt, body: { status } };
      await caller.settle(ledger, serial, call, true);
    }
  };

  /** Someone who got two messages reads everything at once, and is told how much it was. */
  const readAll = async () => {
    const login = aLogin();
    const sent = await Promise.all([sendTo(login, true), sendTo(login, true)]);
    if (sent.some(({ reply }) => reply?.status !== 202)) return;
    for (const { reply } of sent) await delivered(reply?.body.correlationId);
    const { serial } = await ledger.intend({
      slice: 'delivery',
      door: 'read-all',
      kind: 'read-all',
      content: () => login,
      target: sent.map(({ intent }) => intent.serial).join(' '),
    });
    const call = { method: 'POST', path: '/v1/feed/read-all', token: jwtOf(login) };
    await caller.settle(ledger, serial, call, true);
  };

  const { issuer, userAudience: audience, algorithm, secret } = herald.demo.jwt;
  const jwtOf = (login: string) =>
    sign({ sub: login, company_id: herald.company.id }, secret, { algorithm, issuer, audience, expiresIn: '1d' });

  return [
    { door: 'single', clients: 4, pauseMs: 300, act: async () => void (await sendTo('single', keyed())) },
    { door: 'batch', clients: 2, pauseMs: 600, act: sendBatch },
    { door: 'job', clients: 1, pauseMs: 400, act: putJobs },
    { door: 'set-status', clients: 2, pauseMs: 500, act: setStatuses },
    { door: 'read-all', clients: 1, pauseMs: 1000, act: readAll },
  ];
}
