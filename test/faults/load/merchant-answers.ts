import { eventually } from '../../support/eventually.js';
import type { Herald } from '../../support/herald.js';
import type { Intent } from '../ledger.js';
import { type Actor, type Scene, VISIBLE_WITHIN_MS } from './actor.js';

const PATH = '/api/v1/notification';

type Merchant = Herald['company']['merchants'][number];

/** Merchant answers, through every door: the four routes, and the four jobs of internal services. */
export function merchantActors({ world, caller, producers, keyed }: Scene): Actor[] {
  const { herald, ledger } = world;
  const [merchant, asker] = herald.company.merchants as [Merchant, Merchant];
  const token = merchant.jwt;
  let conversations = 1_000_000;

  const intend = (door: string, kind: Intent['kind'], target?: string) =>
    ledger.intend({ slice: 'merchant-answers', door, kind, target, content: (mark) => `${kind} ${mark}` });

  const aRequest = ({ content }: Intent, { conversationIds }: Merchant) => ({
    notification_type: 'user_question_request',
    conversation_id: conversationIds[0],
    context: { question: content },
  });

  const ask = async (who: Merchant, withKey: boolean) => {
    const intent = await intend('request', 'message');
    const call = { method: 'POST', path: `${PATH}/request`, token: who.jwt, body: aRequest(intent, who) };
    return { intent, reply: await caller.settle(ledger, intent.serial, call, withKey) };
  };

  /** The dashboard finds a question by its text. */
  const idOf = (content: string, withinMs = VISIBLE_WITHIN_MS): Promise<number | undefined> =>
    eventually(async () => {
      const { body } = await caller.insist({ method: 'GET', path: `${PATH}/?status=requested`, token });
      return body.find(({ context }: { context: { question: string } }) => context.question === content)?.id;
    }, withinMs);

  const answer = async (target: Intent, id: number, withKey: boolean) => {
    const { serial, content } = await intend('answer', 'answer', target.serial);
    const call = { method: 'POST', path: `${PATH}/${id}/answer`, token, body: { answer: content } };
    await caller.settle(ledger, serial, call, withKey);
  };

  const remove = async (target: Intent, id: number, withKey: boolean) => {
    const { serial } = await intend('delete', 'delete', target.serial);
    await caller.settle(ledger, serial, { method: 'DELETE', path: `${PATH}/${id}`, token }, withKey);
  };

  const asked = async () => {
    const { intent, reply } = await ask(merchant, true);
    return { intent, id: reply?.status === 200 ? await idOf(intent.content) : undefined };
  };

  /** Three answers at once: one wins. */
  const race = async () => {
    const { intent, id } = await asked();
    if (id) await Promise.all([answer(intent, id, true), answer(intent, id, false), answer(intent, id, true)]);
  };

  const answerAndDelete = async () => {
    const { intent, id } = await asked();
    if (id) await Promise.all([answer(intent, id, true), remove(intent, id, true)]);
  };

  const upsert = async () => {
    const { serial, content } = await intend('job upsert', 'conversation');
    await producers.put(serial, 'merchant-answers', 'conversation.upsert', {
      body: {
        id: ++conversations,
        merchant_id: merchant.id,
        lead_name: content,
        updated_at: new Date().toISOString(),
      },
    });
  };

  /** A chat agent asks and the merchant's chat tool answers, both by jobs. */
  const chat = async () => {
    const request = await intend('job request', 'message');
    const data = { merchantId: merchant.id };
    const body = aRequest(request, merchant);
    await producers.put(request.serial, 'merchant-answers', 'request', { ...data, body });
    // A wiped Redis may have lost it.
    const notificationId = await idOf(request.content, 15_000).catch(() => undefined);
    if (!notificationId) return;
    const { serial, content } = await intend('job answer', 'answer', request.serial);
    await producers.put(serial, 'merchant-answers', 'answer', { ...data, notificationId, body: { answer: content } });
  };

  return [
    { door: 'request', clients: 2, pauseMs: 400, act: async () => void (await ask(asker, keyed())) },
    { door: 'answer', clients: 2, pauseMs: 400, act: race },
    { door: 'delete', clients: 1, pauseMs: 500, act: answerAndDelete },
    { door: 'job', clients: 2, pauseMs: 500, act: chat },
    { door: 'job upsert', clients: 1, pauseMs: 500, act: upsert },
  ];
}
