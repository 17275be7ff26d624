import { aPerson, anAction } from '../../support/actions.js';
import { eventually } from '../../support/eventually.js';
import { type Actor, type Scene, VISIBLE_WITHIN_MS } from './actor.js';

/** Agent actions, through every door: the route, jobs of internal services, and the status of a recipient. */
export function actionActors({ world, caller, producers, keyed }: Scene): Actor[] {
  const { herald, ledger } = world;
  const token = herald.token('unlimitedApiKey');
  const people = [aPerson(), aPerson()];

  const intend = (door: string) =>
    ledger.intend({ slice: 'agent-actions', door, kind: 'message', content: (mark) => `Did something, ${mark}` });

  const post = async (withKey: boolean) => {
    const intent = await intend('single');
    const priority = withKey ? 'medium' : 'urgent';
    const body = anAction({ message: intent.content, recipients: people, priority, metadata: { agent_id: 'faults' } });
    const call = { method: 'POST', path: '/team-notifications', token, body };
    return { intent, reply: await caller.settle(ledger, intent.serial, call, withKey) };
  };

  const putJobs = async () => {
    await Promise.all(
      Array.from({ length: 3 }, async () => {
        const { serial, content } = await intend('job');
        const body = anAction({ message: content, recipients: people });
        await producers.put(serial, 'agent-actions', 'record', { companyId: herald.company.id, body });
      }),
    );
  };

  const setStatuses = async () => {
    const { intent, reply } = await post(true);
    if (reply?.status !== 202) return;
    const id = reply.body.correlationId;
    const path = `/team-notifications/${id}`;
    await eventually(
      async () => (await caller.insist({ method: 'GET', path, token })).status === 200,
      VISIBLE_WITHIN_MS,
    );
    for (const status of ['read', 'unread', 'archived']) {
      const { serial } = await ledger.intend({
        slice: 'agent-actions',
        door: 'set-status',
        kind: 'status',
        content: () => status,
        target: intent.serial,
      });
      const call = { method: 'PATCH', path: `${path}/users/${people[0]?.id}/status`, token, body: { status } };
      await caller.settle(ledger, serial, call, true);
    }
  };

  return [
    { door: 'single', clients: 3, pauseMs: 350, act: async () => void (await post(keyed())) },
    { door: 'job', clients: 1, pauseMs: 500, act: putJobs },
    { door: 'set-status', clients: 2, pauseMs: 500, act: setStatuses },
  ];
}
