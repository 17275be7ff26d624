import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../support/eventually.js';
import type { Herald } from '../../../support/herald.js';
import type { Intent } from '../ledger.js';
import type { World } from '../world.js';
import { type Actor, VISIBLE_WITHIN_MS } from './actor.js';
import type { Call, Caller, Reply } from './caller.js';
import type { Producers } from './producers.js';

const PATH = '/api/v1/notification';
const QUEUE = 'merchant-answers';
const EXPIRES_AFTER_MS = 3000;

type Merchant = Herald['company']['merchants'][number];

/** Clients of merchant answers: dashboards, chat agents, and the system that owns the conversations. */
export class MerchantClient {
  /** The first one's questions are answered; nobody answers the second's. */
  readonly answering: Merchant;
  readonly waiting: Merchant;
  private conversations = 1_000_000;

  constructor(
    private readonly world: World,
    private readonly caller: Caller,
    private readonly producers: Producers,
  ) {
    [this.answering, this.waiting] = world.herald.company.merchants as [Merchant, Merchant];
  }

  /** @param end when the question expires */
  async ask(merchant: Merchant, keyed: boolean, end?: Date): Promise<{ intent: Intent; reply?: Reply }> {
    const intent = await this.intend('request', 'message');
    const body = { ...aRequest(intent, merchant), expires_at: end?.toISOString() };
    const call = { method: 'POST', path: `${PATH}/request`, token: merchant.jwt, body };
    return { intent, reply: await this.settle(intent, call, keyed) };
  }

  /** A question that the answering merchant finds in the list; undefined when it could not be asked. */
  async asked(end?: Date): Promise<{ intent: Intent; id: number } | undefined> {
    const { intent, reply } = await this.ask(this.answering, true, end);
    return reply?.status === 200 ? { intent, id: await this.idOf(intent) } : undefined;
  }

  async answer(target: Intent, id: number, keyed: boolean): Promise<Reply | undefined> {
    const intent = await this.intend('answer', 'answer', target);
    const body = { answer: intent.content };
    return this.settle(
      intent,
      { method: 'POST', path: `${PATH}/${id}/answer`, token: this.answering.jwt, body },
      keyed,
    );
  }

  async remove(target: Intent, id: number, keyed: boolean): Promise<Reply | undefined> {
    const intent = await this.intend('delete', 'delete', target);
    return this.settle(intent, { method: 'DELETE', path: `${PATH}/${id}`, token: this.answering.jwt }, keyed);
  }

  list(): Call {
    return { method: 'GET', path: `${PATH}/?status=requested`, token: this.answering.jwt };
  }

  async putUpsert(): Promise<void> {
    const { serial, content } = await this.intend('job upsert', 'conversation');
    const id = ++this.conversations;
    const body = { id, merchant_id: this.answering.id, lead_name: content, updated_at: new Date().toISOString() };
    await this.producers.put(serial, QUEUE, 'conversation.upsert', { body });
  }

  async putRequest(): Promise<Intent> {
    const intent = await this.intend('job request', 'message');
    const body = aRequest(intent, this.answering);
    await this.producers.put(intent.serial, QUEUE, 'request', { merchantId: this.answering.id, body });
    return intent;
  }

  async putAnswer(target: Intent, notificationId: number): Promise<void> {
    const { serial, content } = await this.intend('job answer', 'answer', target);
    const data = { merchantId: this.answering.id, notificationId, body: { answer: content } };
    await this.producers.put(serial, QUEUE, 'answer', data);
  }

  /** The dashboard finds a question by its text. */
  async idOf({ content }: Intent, withinMs = VISIBLE_WITHIN_MS): Promise<number> {
    return eventually(async () => {
      const { body } = await this.caller.insist(this.list());
      const found = body.find(({ context }: { context: { question: string } }) => context.question === content);
      return found?.id as number | undefined;
    }, withinMs);
  }

  private settle({ serial }: Intent, call: Call, keyed: boolean): Promise<Reply | undefined> {
    return this.caller.settle(this.world.ledger, serial, call, keyed);
  }

  private intend(door: string, kind: Intent['kind'], target?: Intent): Promise<Intent> {
    const content = (mark: string) => `${kind} ${mark}`;
    return this.world.ledger.intend({ slice: QUEUE, door, kind, content, target: target?.serial });
  }
}

const aRequest = ({ content }: Intent, { conversationIds }: Merchant) => ({
  notification_type: 'user_question_request',
  conversation_id: conversationIds[0],
  context: { question: content },
});

/** Merchant answers, through every door: the four routes, and the jobs of internal services. */
export function merchantActors(client: MerchantClient, keyed: () => boolean): Actor[] {
  /** Three answers at once: one wins. */
  const race = async () => {
    const asked = await client.asked();
    if (asked) await Promise.all([true, false, true].map((key) => client.answer(asked.intent, asked.id, key)));
  };

  const answerAndDelete = async () => {
    const asked = await client.asked();
    if (!asked) return;
    await Promise.all([client.answer(asked.intent, asked.id, true), client.remove(asked.intent, asked.id, true)]);
  };

  /** An answer and a deletion around the moment at which a question expires: one of the three happens. */
  const lastMoment = async () => {
    const end = new Date(Date.now() + EXPIRES_AFTER_MS);
    // During a fault it may be over before it is found.
    const asked = await client.asked(end).catch(() => undefined);
    if (!asked) return;
    await sleep(Math.max(0, end.getTime() - Date.now() - 50));
    await Promise.all([client.answer(asked.intent, asked.id, true), client.remove(asked.intent, asked.id, true)]);
  };

  /** Nobody answers in time. */
  const forgotten = () => client.ask(client.answering, true, new Date(Date.now() + EXPIRES_AFTER_MS));

  /** A chat agent asks and the merchant's chat tool answers, both by jobs. */
  const chat = async () => {
    const intent = await client.putRequest();
    // A wiped Redis may have lost it.
    const id = await client.idOf(intent, 15_000).catch(() => undefined);
    if (id) await client.putAnswer(intent, id);
  };

  return [
    { door: 'request', clients: 2, pauseMs: 400, act: () => client.ask(client.waiting, keyed()) },
    { door: 'answer', clients: 2, pauseMs: 400, act: race },
    { door: 'answer', clients: 1, pauseMs: 500, act: lastMoment },
    { door: 'request', clients: 1, pauseMs: 1000, act: forgotten },
    { door: 'delete', clients: 1, pauseMs: 500, act: answerAndDelete },
    { door: 'job', clients: 2, pauseMs: 500, act: chat },
    { door: 'job upsert', clients: 1, pauseMs: 500, act: () => client.putUpsert() },
  ];
}
