import { aPerson, anAction } from '../../../support/actions.js';
import { eventually } from '../../../support/eventually.js';
import type { Intent } from '../ledger.js';
import type { World } from '../world.js';
import { type Actor, VISIBLE_WITHIN_MS } from './actor.js';
import type { Call, Caller, Reply } from './caller.js';
import type { Producers } from './producers.js';

/** Clients of agent actions: programs that record what was done, services that put jobs, people who read. */
export class ActionClient {
  private readonly token: string;
  private readonly people = [aPerson(), aPerson()];

  constructor(
    private readonly world: World,
    private readonly caller: Caller,
    private readonly producers: Producers,
  ) {
    this.token = world.herald.token('unlimitedApiKey');
  }

  async record(keyed: boolean, priority = 'medium'): Promise<{ intent: Intent; reply?: Reply }> {
    const intent = await this.intend('single');
    const metadata = { agent_id: 'faults' };
    const body = anAction({ message: intent.content, recipients: this.people, priority, metadata });
    const call = { method: 'POST', path: '/team-notifications', token: this.token, body };
    return { intent, reply: await this.caller.settle(this.world.ledger, intent.serial, call, keyed) };
  }

  async put(count: number): Promise<void> {
    const companyId = this.world.herald.company.id;
    await Promise.all(
      Array.from({ length: count }, async () => {
        const { serial, content } = await this.intend('job');
        const body = anAction({ message: content, recipients: this.people });
        await this.producers.put(serial, 'agent-actions', 'record', { companyId, body });
      }),
    );
  }

  async setStatus(target: Intent, id: string, status: string, keyed = true): Promise<Reply | undefined> {
    const { serial } = await this.world.ledger.intend({
      slice: 'agent-actions',
      door: 'set-status',
      kind: 'status',
      content: () => status,
      target: target.serial,
    });
    const path = `/team-notifications/${id}/users/${this.people[0]?.id}/status`;
    const call = { method: 'PATCH', path, token: this.token, body: { status } };
    return this.caller.settle(this.world.ledger, serial, call, keyed);
  }

  list(): Call {
    return { method: 'GET', path: '/team-notifications?limit=10', token: this.token };
  }

  async recorded(id: string): Promise<void> {
    const call = { method: 'GET', path: `/team-notifications/${id}`, token: this.token };
    await eventually(async () => (await this.caller.insist(call)).status === 200, VISIBLE_WITHIN_MS);
  }

  private intend(door: string): Promise<Intent> {
    const content = (mark: string) => `Did something, ${mark}`;
    return this.world.ledger.intend({ slice: 'agent-actions', door, kind: 'message', content });
  }
}

/** Agent actions, through every door. */
export function actionActors(client: ActionClient, keyed: () => boolean): Actor[] {
  const setStatuses = async () => {
    const { intent, reply } = await client.record(true);
    if (reply?.status !== 202) return;
    const id = reply.body.correlationId;
    await client.recorded(id);
    for (const status of ['read', 'unread', 'archived']) await client.setStatus(intent, id, status);
  };

  return [
    { door: 'single', clients: 2, pauseMs: 350, act: () => client.record(keyed()) },
    { door: 'single, urgent', clients: 1, pauseMs: 350, act: () => client.record(keyed(), 'urgent') },
    { door: 'job', clients: 1, pauseMs: 500, act: () => client.put(3) },
    { door: 'set-status', clients: 2, pauseMs: 500, act: setStatuses },
  ];
}
