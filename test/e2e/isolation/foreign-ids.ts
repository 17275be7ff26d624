import { anAction, aPerson } from '../../support/actions.js';
import { aMessage } from '../../support/client.js';
import { type Belongings, SHARED } from '../../support/two-sides.js';

/** A reader is a person whose JWT has the scope of agent actions. */
export type Caller = 'program' | 'person' | 'reader' | 'merchant';

/** A request that names what belongs to the other side, and what its caller may get: nothing of it. */
export interface Reach {
  route: string;
  path: string;
  as: Caller;
  body?: unknown;
  /** The same 404 as for what does not exist, a documented refusal, or a success without anything foreign. */
  expected: number | [number, string];
}

const NOBODY = '00000000-0000-4000-8000-00000000ffff';
const cursorOf = (id: string) => Buffer.from(`${SHARED.at.getTime() + 1} ${id}`).toString('base64url');

/** Every route, with each kind of id that it takes, as an id of theirs (contracts README, "Scopes"). */
export function reachesFor(their: Belongings, theirConversation: number, our: Belongings, ourPerson: string): Reach[] {
  const { message, written, owed, deadLetter, action, user, agent, query, type, question, questionsCorrelation } =
    their;
  const get = (route: string, as: Caller, paths: string[], expected: Reach['expected'] = 200): Reach[] =>
    paths.map((path) => ({ route: `GET ${route}`, path, as, expected }));
  const ids = [message, written, owed, deadLetter, action, questionsCorrelation, user];
  const actionsFilters = [
    `agent_id=${encodeURIComponent(agent)}`,
    `query_id=${encodeURIComponent(query)}`,
    `sender_id=${user}`,
    `agent_id=${encodeURIComponent(SHARED.agent)}`,
    `query_id=${encodeURIComponent(SHARED.query)}`,
    `sender_id=${SHARED.user}`,
    `cursor=${cursorOf(action)}`,
    '',
  ];
  const statuses = [
    [message, SHARED.user],
    [action, user],
    [action, SHARED.user],
    [action, NOBODY],
    [our.action, user],
  ];
  const readActions: Reach[] = [
    ...get(
      '/team-notifications',
      'program',
      actionsFilters.map((filter) => `/team-notifications?${filter}`),
    ),
    ...get(
      '/team-notifications',
      'program',
      [`/team-notifications?notification_type=${type}`],
      [400, 'Invalid notification_type parameter'],
    ),
    ...get(
      '/team-notifications/stats',
      'program',
      [`user_id=${user}`, `user_id=${SHARED.user}`, `agent_id=${encodeURIComponent(agent)}`, ''].map(
        (filter) => `/team-notifications/stats?${filter}`,
      ),
    ),
    ...get(
      '/team-notifications/stats',
      'program',
      [`/team-notifications/stats?notification_type=${type}`],
      [400, 'Invalid notification_type parameter'],
    ),
    ...get(
      '/team-notifications/stream',
      'program',
      actionsFilters
        .filter((filter) => !filter.startsWith('cursor'))
        .map((filter) => `/team-notifications/stream?last_event_id=1&${filter}`),
    ),
    ...['timeline', 'agents', 'tools'].flatMap((figures) => [
      ...get(
        `/team-notifications/stats/${figures}`,
        'program',
        [`user_id=${user}`, `user_id=${SHARED.user}`, `agent_id=${encodeURIComponent(agent)}`, 'group_by=tool', ''].map(
          (filter) => `/team-notifications/stats/${figures}?start_date=2025-06-01&end_date=2027-01-01&${filter}`,
        ),
      ),
      ...get(
        `/team-notifications/stats/${figures}`,
        'program',
        [`/team-notifications/stats/${figures}?notification_type=${type}`],
        [400, 'Invalid notification_type parameter'],
      ),
    ]),
    ...get(
      '/team-notifications/queries/:queryId',
      'program',
      [`/team-notifications/queries/${encodeURIComponent(query)}`],
      [404, 'Query not found'],
    ),
    ...get('/team-notifications/queries/:queryId', 'program', [
      `/team-notifications/queries/${encodeURIComponent(SHARED.query)}?cursor=${cursorOf(action)}`,
    ]),
    ...get(
      '/team-notifications/users/:userId',
      'program',
      [user, SHARED.user].map((id) => `/team-notifications/users/${id}`),
    ),
    ...get('/team-notifications/users/:userId', 'program', [
      `/team-notifications/users/${SHARED.user}?cursor=${cursorOf(action)}`,
    ]),
    ...get(
      '/team-notifications/:id',
      'program',
      ids.map((id) => `/team-notifications/${id}`),
      [404, 'Notification not found'],
    ),
  ];
  return [
    ...readActions.flatMap((reach): Reach[] => [
      reach,
      { ...reach, as: 'reader' },
      { ...reach, as: 'person', expected: [403, 'This credential lacks the scope agent-actions:read'] },
    ]),
    ...get('/team-notifications/users/:userId', 'person', [
      `/team-notifications/users/${ourPerson}`,
      `/team-notifications/users/${ourPerson}?cursor=${cursorOf(action)}`,
    ]),
    ...statuses.map(([id, who]): Reach => ({
      route: 'PATCH /team-notifications/:id/users/:userId/status',
      path: `/team-notifications/${id}/users/${who}/status`,
      as: 'person',
      body: { status: 'archived' },
      expected: [403, 'Only the recipient may change the status of a notification'],
    })),
    ...[action, our.action].map((id): Reach => ({
      route: 'PATCH /team-notifications/:id/users/:userId/status',
      path: `/team-notifications/${id}/users/${ourPerson}/status`,
      as: 'person',
      body: { status: 'archived' },
      expected: [404, 'Notification not found'],
    })),
    ...get(
      '/v1/messages/:correlationId',
      'program',
      ids.map((id) => `/v1/messages/${id}`),
      404,
    ),
    ...get(
      '/v1/messages/:correlationId',
      'merchant',
      ids.map((id) => `/v1/messages/${id}`),
      404,
    ),
    ...get('/v1/feed', 'person', [
      '/v1/feed?limit=100',
      `/v1/feed?limit=100&cursor=${cursorOf(message)}`,
      '/v1/feed?tab=ai&status=unread',
      '/v1/feed?box=received',
      '/v1/feed?box=sent',
    ]),
    ...get(
      '/v1/feed/:id',
      'person',
      ids.map((id) => `/v1/feed/${id}`),
      [404, 'Message not found'],
    ),
    ...get('/v1/feed/unread-count', 'person', ['/v1/feed/unread-count']),
    ...get('/v1/feed/stream', 'person', ['/v1/feed/stream?last_event_id=1']),
    ...get('/api/v1/notification/stream', 'merchant', ['/api/v1/notification/stream?last_event_id=1']),
    ...[message, written, owed, deadLetter, action].map((id): Reach => ({
      route: 'PATCH /v1/feed/:id',
      path: `/v1/feed/${id}`,
      as: 'person',
      body: { status: 'archived' },
      expected: [404, 'Message not found'],
    })),
    {
      route: 'PATCH /v1/feed',
      path: '/v1/feed',
      as: 'person',
      body: { ids: [message, written, owed, deadLetter, action], status: 'archived' },
      expected: 200,
    },
    ...['read-all', 'archive-all'].map((all): Reach => ({
      route: `POST /v1/feed/${all}`,
      path: `/v1/feed/${all}`,
      as: 'person',
      expected: 200,
    })),
    ...['read-all', 'archive-all', 'seen'].flatMap((all) =>
      [message, written].map((upTo): Reach => ({
        route: `POST /v1/feed/${all}`,
        path: `/v1/feed/${all}`,
        as: 'person',
        body: { upTo },
        expected: [404, 'Message not found'],
      })),
    ),
    {
      route: 'POST /v1/feed/ai',
      path: '/v1/feed/ai',
      as: 'program',
      body: aMessage({ recipientLogin: SHARED.login, authorLogin: SHARED.login }),
      expected: 202,
    },
    {
      route: 'POST /v1/feed/ai/batch',
      path: '/v1/feed/ai/batch',
      as: 'program',
      body: { messages: [aMessage({ recipientLogin: SHARED.login })] },
      expected: 202,
    },

    ...statuses.map(([id, who], n): Reach => ({
      route: 'PATCH /team-notifications/:id/users/:userId/status',
      path: `/team-notifications/${id}/users/${who}/status`,
      as: 'program',
      body: { status: 'archived' },
      expected: [404, n === 4 ? 'The notification has no such recipient' : 'Notification not found'],
    })),
    // Their people's ids in our requests: their directory must not leak.
    {
      route: 'POST /team-notifications',
      path: '/team-notifications',
      as: 'program',
      body: anAction({
        sender: { id: user },
        recipients: [{ id: user }, aPerson()],
        metadata: { agent_id: agent, query_id: query },
      }),
      expected: 202,
    },

    ...get(
      '/api/v1/notification',
      'merchant',
      [
        '',
        '?status=requested',
        '?notification_types=user_question_request',
        `?cursor=${Buffer.from(`notification ${question + 1}`).toString('base64url')}`,
      ].map((filter) => `/api/v1/notification/${filter}`),
    ),
    ...get('/api/v1/notification/counts', 'merchant', ['/api/v1/notification/counts']),
    ...get(
      '/api/v1/notification/:id',
      'merchant',
      [`/api/v1/notification/${question}`],
      [404, 'Notification not found'],
    ),
    {
      route: 'POST /api/v1/notification/:id/answer',
      path: `/api/v1/notification/${question}/answer`,
      as: 'merchant',
      body: { answer: 'ours' },
      expected: [404, 'Notification not found'],
    },
    {
      route: 'POST /api/v1/notification/:id/answer',
      path: `/api/v1/notification/${question}/answer`,
      as: 'merchant',
      body: {},
      expected: [404, 'Notification not found'],
    },
    {
      route: 'DELETE /api/v1/notification/:id',
      path: `/api/v1/notification/${question}`,
      as: 'merchant',
      expected: [404, 'Notification not found'],
    },
    {
      route: 'POST /api/v1/notification/request',
      path: '/api/v1/notification/request',
      as: 'merchant',
      body: {
        notification_type: 'user_question_request',
        conversation_id: theirConversation,
        context: { question: 'Mine?' },
      },
      expected: [500, 'Conversation not found'],
    },
  ];
}
