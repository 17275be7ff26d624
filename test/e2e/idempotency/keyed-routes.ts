import { randomUUID } from 'node:crypto';
import { Actions, anAction, aPerson } from '../../support/actions.js';
import { aLogin, aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import type { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';

/** A request that may be repeated under a key, and what it does when it is good. */
export interface Attempt {
  path: string;
  token: string;
  body?: unknown;
  /** Another good body for the same route; absent where a route takes none. */
  otherBody?: unknown;
  /** The expected change in the tables, of rows that contain `mark`, and its number. */
  effect: string;
  mark: string;
  times: number;
}

export interface KeyedRoute {
  route: string;
  prepare(herald: Herald): Promise<Attempt>;
}

const mailbox = (herald: Herald) => ({ path: '/v1/feed/ai', token: herald.token('unlimitedAccessToken') });

/** A message that stands unread in a feed, dmurta's unless given; its id. */
async function aDelivery(herald: Herald, recipientLogin = 'dmurta'): Promise<string> {
  const { path, token } = mailbox(herald);
  const { body } = await call('POST', herald.url + path, { token, body: aMessage({ recipientLogin }) });
  await eventually(
    async () => (await herald.query('select from feed_messages where id = $1', [body.correlationId])).length > 0,
  );
  return body.correlationId;
}

/** Every POST, PATCH and DELETE of the three products (contracts README, "Idempotency"). */
export const KEYED_ROUTES: KeyedRoute[] = [
  {
    route: 'POST /v1/feed/ai',
    async prepare(herald) {
      const mark = aLogin();
      return {
        ...mailbox(herald),
        body: aMessage({ recipientLogin: mark }),
        otherBody: aMessage({ recipientLogin: mark, title: 'other' }),
        effect: 'insert feed_messages',
        mark,
        times: 1,
      };
    },
  },
  {
    route: 'POST /v1/feed/ai/batch',
    async prepare(herald) {
      const mark = aLogin();
      const messages = [{}, aMessage({ recipientLogin: mark }), aMessage({ recipientLogin: mark, title: 'second' })];
      return {
        path: '/v1/feed/ai/batch',
        token: herald.token('unlimitedAccessToken'),
        body: { messages },
        // The first is good here, and there is a fourth: no message of a refused batch may get through.
        otherBody: { messages: [messages[1], ...messages.slice(1), messages[1]] },
        effect: 'insert feed_messages',
        mark,
        times: 2,
      };
    },
  },
  {
    route: 'PATCH /v1/feed/{id}',
    async prepare(herald) {
      const mark = await aDelivery(herald);
      return {
        path: `/v1/feed/${mark}`,
        token: herald.jwtOf('dmurta'),
        body: { status: 'read' },
        otherBody: { status: 'archived' },
        effect: 'update feed_messages',
        mark,
        times: 1,
      };
    },
  },
  {
    route: 'POST /v1/feed/read-all',
    async prepare(herald) {
      const mark = await aDelivery(herald);
      await herald.query(`update feed_messages set status = 'read' where status = 'unread' and id <> $1`, [mark]);
      return {
        path: '/v1/feed/read-all',
        token: herald.jwtOf('dmurta'),
        effect: 'update feed_messages',
        mark,
        times: 1,
      };
    },
  },
  {
    route: 'PATCH /v1/feed',
    async prepare(herald) {
      const mark = await aDelivery(herald);
      return {
        path: '/v1/feed',
        token: herald.jwtOf('dmurta'),
        body: { ids: [mark, randomUUID()], status: 'read' },
        otherBody: { ids: [mark], status: 'read' },
        effect: 'update feed_messages',
        mark,
        times: 1,
      };
    },
  },
  {
    route: 'POST /v1/feed/archive-all',
    async prepare(herald) {
      const mark = await aDelivery(herald, 'carla');
      await herald.query(
        `update feed_messages set status = 'archived' where recipient_login = 'carla' and status <> 'archived' and id <> $1`,
        [mark],
      );
      return {
        path: '/v1/feed/archive-all',
        token: herald.jwtOf('carla'),
        body: { upTo: mark },
        otherBody: { tab: 'ai' },
        effect: 'update feed_messages',
        mark,
        times: 1,
      };
    },
  },
  {
    route: 'POST /v1/feed/seen',
    async prepare(herald) {
      const [other, mark] = [await aDelivery(herald, 'admin'), await aDelivery(herald, 'admin')];
      await herald.query(
        `update feed_messages set seen_at = now() where recipient_login = 'admin' and seen_at is null and id <> $1`,
        [mark],
      );
      return {
        path: '/v1/feed/seen',
        token: herald.jwtOf('admin'),
        body: { upTo: mark },
        otherBody: { upTo: other },
        effect: 'update feed_messages',
        mark,
        times: 1,
      };
    },
  },
  {
    route: 'POST /team-notifications',
    async prepare(herald) {
      const mark = randomUUID();
      return {
        path: '/team-notifications',
        token: herald.token('unlimitedApiKey'),
        body: anAction({ message: mark }),
        otherBody: anAction({ message: mark, priority: 'urgent' }),
        effect: 'insert agent_actions',
        mark,
        times: 1,
      };
    },
  },
  {
    route: 'PATCH /team-notifications/{id}/users/{userId}/status',
    async prepare(herald) {
      const person = aPerson();
      const { id: mark } = await new Actions(herald).record({ recipients: [person] });
      return {
        path: `/team-notifications/${mark}/users/${person.id}/status`,
        token: herald.token('unlimitedApiKey'),
        body: { status: 'read' },
        otherBody: { status: 'archived' },
        effect: 'update agent_action_recipients',
        mark,
        times: 1,
      };
    },
  },
  {
    route: 'POST /api/v1/notification/request',
    async prepare(herald) {
      const merchant = new Merchant(herald);
      const mark = randomUUID();
      const asked = (context: object) => ({ ...merchant.aRequest(), context: { question: mark, ...context } });
      return {
        path: '/api/v1/notification/request',
        token: merchant.token,
        body: asked({}),
        otherBody: asked({ document_id: 1 }),
        effect: 'insert notifications',
        mark,
        times: 1,
      };
    },
  },
  {
    route: 'POST /api/v1/notification/{id}/answer',
    async prepare(herald) {
      const merchant = new Merchant(herald);
      const mark = randomUUID();
      const id = await merchant.open({ context: { question: mark } });
      return {
        path: `/api/v1/notification/${id}/answer`,
        token: merchant.token,
        body: { answer: 'Yes' },
        otherBody: { answer: 'No' },
        effect: 'update notifications',
        mark,
        times: 1,
      };
    },
  },
  {
    route: 'DELETE /api/v1/notification/{id}',
    async prepare(herald) {
      const merchant = new Merchant(herald);
      const mark = randomUUID();
      const id = await merchant.open({ context: { question: mark } });
      return {
        path: `/api/v1/notification/${id}`,
        token: merchant.token,
        effect: 'delete notifications',
        mark,
        times: 1,
      };
    },
  },
];
