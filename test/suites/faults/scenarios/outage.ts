import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../support/eventually.js';
import { Clients } from '../load/clients.js';
import type { World } from '../world.js';
import { Probe, type Sample } from './probe.js';
import type { Stage } from './scenario.js';

/** A way to take a server away and to bring it back. */
export interface Outage {
  name: string;
  begin(world: World): Promise<unknown> | void;
  end(world: World): Promise<unknown> | void;
}

/** The clients' results while a server was away, and the time until all was as before. */
export interface Course {
  sends: Sample[];
  commands: Sample[];
  reads: Sample[];
  /** From the server's return until a gateway takes messages, and until each worker has done something new. */
  acceptingMs: number;
  consumingMs: number;
}

const LOGIN = 'outage';

/** Takes a server away under calls of every kind, for `lastsMs`, and watches. */
export async function watch(world: World, outage: Outage, lastsMs: number): Promise<Course> {
  const clients = new Clients(world);
  const { caller, delivery, actions, merchant } = clients;
  const message = await delivery.send(LOGIN, true);
  const action = await actions.record(true);
  const question = await merchant.asked();
  if (!question) throw new Error('no question to answer');
  const messageId = message.reply?.body.correlationId;
  const actionId = action.reply?.body.correlationId;
  await Promise.all([delivery.delivered(messageId), actions.recorded(actionId)]);

  await outage.begin(world);
  const sends = new Probe(60, {
    single: async () => (await delivery.send(LOGIN, false)).reply,
    batch: () => delivery.sendBatch(5, false),
    action: async () => (await actions.record(false)).reply,
  });
  const commands = new Probe(100, {
    answer: () => merchant.answer(question.intent, question.id, false),
    request: async () => (await merchant.ask(merchant.waiting, false)).reply,
    'message status': () => delivery.setStatus(message.intent, messageId, 'read', LOGIN, false),
    'action status': () => actions.setStatus(action.intent, actionId, 'read', false),
  });
  const reads = new Probe(150, {
    feed: () => caller.call(delivery.feed(LOGIN)),
    actions: () => caller.call(actions.list()),
    questions: () => caller.call(merchant.list()),
  });
  await sleep(lastsMs);
  const samples = Promise.all([sends.stop(), commands.stop(), reads.stop()]);
  await outage.end(world);
  const back = performance.now();
  const [acceptingMs, consumingMs] = await recover(clients, () => performance.now() - back);
  // Requests sent just before the server's return and answered after it say nothing about the outage.
  const [sent, commanded, read] = (await samples).map((of) =>
    of.filter(({ begun, ms, status }) => begun + ms < back || status >= 300),
  ) as [Sample[], Sample[], Sample[]];
  return { sends: sent, commands: commanded, reads: read, acceptingMs, consumingMs };
}

async function recover({ delivery, actions, merchant }: Clients, since: () => number): Promise<[number, number]> {
  const sent = await eventually(async () => {
    const { reply } = await delivery.send(LOGIN, false);
    return reply?.status === 202 && reply;
  }, 60_000);
  const acceptingMs = since();
  await Promise.all([
    delivery.delivered(sent.body.correlationId),
    actions.record(true).then(({ reply }) => actions.recorded(reply?.body.correlationId)),
    merchant.ask(merchant.waiting, true),
  ]);
  return [acceptingMs, since()];
}

/** Returns the calls that ended with none of `statuses`. */
export const otherThan = (statuses: number[], samples: Sample[]): string[] =>
  samples.filter(({ status }) => !statuses.includes(status)).map(({ kind, reason }) => `${kind}: ${reason}`);

/** Refused with 503 and Retry-After (contracts README, "Errors"). Where the server is not gone, some may come through. */
export function refusedWell(stage: Stage, what: string, samples: Sample[], orDone: number[] = []): void {
  stage.none(`${what}: of ${samples.length} not ${[...orDone, 503].join(' or ')} with Retry-After`, [
    ...otherThan([503, ...orDone], samples),
    ...samples.filter(({ status, retryAfter }) => status === 503 && !retryAfter).map(({ kind }) => `${kind}: no hint`),
  ]);
}
