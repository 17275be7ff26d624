import { SAMPLE, anAction, aPerson } from '../../support/actions.js';
import {
  type Asked,
  BAD,
  type BadRequest,
  keys,
  nested,
  NOT_FOUND,
  noBodies,
  textOf,
  TOO_LARGE,
  x,
} from './bad-request.js';

const PATH = '/team-notifications';
const UNKNOWN = '123e4567-e89b-42d3-a456-426614174999';
const post = (body: unknown, headers = {}): Asked => ({ method: 'POST', path: PATH, as: 'program', body, headers });
const get = (path: string): Asked => ({ method: 'GET', path: PATH + path, as: 'program' });
const set = (body: unknown, id = SAMPLE.notification, user = SAMPLE.user, headers = {}): Asked => ({
  method: 'PATCH',
  path: `${PATH}/${id}/users/${user}/status`,
  as: 'program',
  body,
  headers,
});

/** An action of which one field is bad. */
const action = (what: string, fields: Record<string, unknown>, says: string): BadRequest => [
  what,
  post(anAction(fields)),
  ...BAD,
  says,
];

const person = (fields: Record<string, unknown>) => ({ ...aPerson(UNKNOWN), ...fields });
const TYPE = 'notification_type must be 1 to 50 lower-case letters, digits or _, a letter first';

const posts: BadRequest[] = [
  ['no fields', post({}), ...BAD, 'notification_type is required (and 2 more)'],
  ['a field more', post(anAction({ stray: 1 })), ...BAD, 'stray is not a known field'],
  ['a status, which is derived', post(anAction({ status: 'read' })), ...BAD, 'status is not a known field'],
  ['an id of its own', post(anAction({ id: UNKNOWN })), ...BAD, 'id is not a known field'],
  ['the company of another', post(anAction({ company_id: UNKNOWN })), ...BAD, 'company_id is not a known field'],
  ['more than 64 KiB', post(anAction({ message: x(70_000) })), ...TOO_LARGE, 'The body is too large'],
  action('no type', { notification_type: undefined }, 'notification_type is required'),
  action('an empty type', { notification_type: '' }, TYPE),
  action('a type that begins with a digit', { notification_type: '1a' }, TYPE),
  action('a type of capitals', { notification_type: 'System' }, TYPE),
  action('a type of 51 characters', { notification_type: x(51) }, TYPE),
  action('a type with a line break at its end', { notification_type: 'system\n' }, TYPE),
  action('a type that is a list', { notification_type: ['system'] }, 'notification_type must be a string'),
  action('no title', { title: undefined }, 'title is required'),
  action('a title that is null', { title: null }, 'title must be a string'),
  action('an empty title', { title: '' }, 'title must not be empty'),
  action('a title of blanks', { title: ' \u3000' }, 'title must hold a visible character'),
  action('a title of 201 characters', { title: x(201) }, 'title must have at most 200 characters'),
  action('a title with a line break', { title: 'a\nb' }, 'title must not hold control characters'),
  action('a title with NUL', { title: '\0' }, 'title must not hold control characters'),
  action('no message', { message: undefined }, 'message is required'),
  action('a message of 2,001 characters', { message: x(2001) }, 'message must have at most 2000 characters'),
  action('a message with half a surrogate pair', { message: '\ud83d' }, 'message must not hold a lone surrogate'),
  action('a message that is an object', { message: {} }, 'message must be a string'),
  action('a priority that is none', { priority: 'critical' }, 'priority must be one of low, medium, high, urgent'),
  action('an empty priority', { priority: '' }, 'priority must be one of'),
  action('a priority that is a number', { priority: 1 }, 'priority must be one of'),
  action('metadata that is a list', { metadata: [] }, 'metadata must be an object'),
  action('metadata that is a text', { metadata: 'x' }, 'metadata must be an object'),
  action('metadata of 9 levels', { metadata: nested(9) }, 'metadata must be at most 8 levels deep'),
  action('metadata of 101 keys', { metadata: keys(101) }, 'metadata must have at most 100 keys in all'),
  action('metadata of more than 4 KiB', { metadata: { a: x(4096) } }, 'metadata must be at most 4096 bytes of JSON'),
  action('metadata with NUL', { metadata: { a: '\0' } }, 'metadata must not hold control characters'),
  action('metadata with an integer beyond 2^53', { metadata: { a: -(2 ** 53) } }, 'metadata must not hold numbers'),
  [
    'metadata with an infinite number',
    post(textOf(anAction({ metadata: {} }), '"metadata":{}', '"metadata":{"a":-1e999}')),
    ...BAD,
    'metadata must not hold numbers',
  ],
  action('an agent that is an object', { metadata: { agent_id: {} } }, 'metadata.agent_id must be a string'),
  action('an agent that is true', { metadata: { agent_id: true } }, 'metadata.agent_id must be a string'),
  action('an agent of 201 characters', { metadata: { agent_id: x(201) } }, 'metadata.agent_id must have at most 200'),
  action('a query that is a list', { metadata: { query_id: [1] } }, 'metadata.query_id must be a string'),
  action('a query of 201 characters', { metadata: { query_id: x(201) } }, 'metadata.query_id must have at most 200'),
  ...[
    'http://example.com',
    'javascript:alert(1)',
    'ftp://example.com',
    '//example.com',
    'https://',
    'https:///',
    'https://a b',
    'https://[',
    'https://a\n',
    'https://a\0',
    '',
    'x',
  ].map((action_url) =>
    action(`the address ${JSON.stringify(action_url)}`, { action_url }, 'action_url must be an https URL'),
  ),
  action('an address of 2,049 characters', { action_url: `https://a/${x(2039)}` }, 'action_url must have at most 2048'),
  action('an address that is a list', { action_url: ['https://a'] }, 'action_url must be a string'),
  ...[
    'now',
    'infinity',
    '2024-02-30',
    '2023-02-29T00:00:00Z',
    '2024-13-01',
    '2024-01-01T24:00:00Z',
    '2024-01-01 00:00:00',
    '2024-1-1',
    '0000-01-01',
    '+012024-01-01',
    '9999-12-31T23:59:59-15:59',
    '0001-01-01T00:00:00+00:01',
    '2024-01-01T00:00:00+16:00',
    '2024-01-01T00:00:00-1600',
    '1704067200',
    '',
  ].map((expires_at) =>
    action(`the time ${JSON.stringify(expires_at)}`, { expires_at }, 'expires_at must be a date and time in ISO 8601'),
  ),
  action('a time that is a number', { expires_at: 1704067200 }, 'expires_at must be a string'),
  action('a sender id that is none', { sender_id: 'admin' }, 'sender_id must be a UUID'),
  action('a sender id that is a number', { sender_id: 5 }, 'sender_id must be a UUID'),
  action('a sender that is a text', { sender: UNKNOWN }, 'sender must be an object'),
  action('a sender without an id', { sender: {} }, 'sender.id must be a UUID'),
  action('a sender with a field more', { sender: person({ role: 'x' }) }, 'sender.role is not a known field'),
  action('a sender without an address', { sender: person({ email: 'x' }) }, 'sender.email must be an e-mail address'),
  action(
    'a sender with an address of two',
    { sender: person({ email: 'a@b@c' }) },
    'sender.email must be an e-mail address',
  ),
  action(
    'a sender with an address of 321 characters',
    { sender: person({ email: `${x(319)}@a` }) },
    'sender.email must have at most 320',
  ),
  action('a sender with an empty name', { sender: person({ name: '' }) }, 'sender.name must not be empty'),
  action(
    'a sender with a name of 201 characters',
    { sender: person({ name: x(201) }) },
    'sender.name must have at most 200',
  ),
  action('recipients that are an object', { recipients: {} }, 'recipients must be an array'),
  action('a recipient that is null', { recipients: [null] }, 'recipients.0 must be an object'),
  action('a recipient that is an id', { recipients: [UNKNOWN] }, 'recipients.0 must be an object'),
  action(
    'a recipient whose id is none',
    { recipients: [aPerson(), person({ id: 'x' })] },
    'recipients.1.id must be a UUID',
  ),
  action(
    'a recipient twice',
    { recipients: [person({}), person({ id: UNKNOWN.toUpperCase() })] },
    'recipients must not name a user twice',
  ),
  action(
    '101 recipients',
    { recipients: Array.from({ length: 101 }, () => aPerson()) },
    'recipients must be at most 100',
  ),
  ['a key that is no key', post(anAction(), { 'idempotency-key': 'clé' }), ...BAD, 'Idempotency-Key must be 1 to 255'],
];

const NOT_AN_ID = ['nonsense', '1', `${UNKNOWN}0`, UNKNOWN.replaceAll('-', ''), '%00', '..%2f..%2fetc', x(5000)];

const changes: BadRequest[] = [
  ['no status', set({}), ...BAD, 'status must be one of unread, read, archived'],
  ['a status that is none', set({ status: 'seen' }), ...BAD, 'status must be one of'],
  ['a status that is null', set({ status: null }), ...BAD, 'status must be one of'],
  ['a status that is a list', set({ status: ['read'] }), ...BAD, 'status must be one of'],
  ['a field more', set({ status: 'read', read_at: null }), ...BAD, 'read_at is not a known field'],
  ['a notification that is unknown', set({ status: 'read' }, UNKNOWN), ...NOT_FOUND, 'Notification not found'],
  [
    'a user that is unknown',
    set({ status: 'read' }, undefined, UNKNOWN),
    ...NOT_FOUND,
    'The notification has no such recipient',
  ],
  ...NOT_AN_ID.flatMap((id): BadRequest[] => [
    [`an id that is none: ${id.slice(0, 40)}`, set({ status: 'read' }, id), ...NOT_FOUND, 'Notification not found'],
    [
      `a user id that is none: ${id.slice(0, 40)}`,
      set({ status: 'read' }, undefined, id),
      ...NOT_FOUND,
      'Notification not found',
    ],
    [`an id that is none: ${id.slice(0, 40)}`, get(`/${id}`), ...NOT_FOUND, 'Notification not found'],
  ]),
  ['an id that is no text', get('/%ff'), ...NOT_FOUND, 'ot found'],
  ['a user id that is no text', get('/users/%E0%A4%A'), ...NOT_FOUND, 'ot found'],
  ['an id that is unknown', get(`/${UNKNOWN}`), ...NOT_FOUND, 'Notification not found'],
];

const LISTS = ['', `/users/${SAMPLE.user}`];
const DATED = ['', '/stats'];

const queries: BadRequest[] = [
  ...LISTS.flatMap((list) => [
    ...[
      'limit=0',
      'limit=-1',
      'limit=101',
      'limit=1e3',
      'limit=',
      'limit=5&limit=5',
      'limit=ten',
      'limit=1.5',
      'limit=%00',
    ].map((query): BadRequest => [`${list}?${query}`, get(`${list}?${query}`), ...BAD, 'Invalid limit parameter']),
    ...['skip=-1', 'skip=1.5', 'skip=', 'skip=1000000000', 'skip=9999999999999999999', 'skip=1&skip=2', 'skip=x'].map(
      (query): BadRequest => [`${list}?${query}`, get(`${list}?${query}`), ...BAD, 'Invalid skip parameter'],
    ),
    ...['status=seen', 'status=', 'status=READ', 'status=read&status=unread'].map((query): BadRequest => [
      `${list}?${query}`,
      get(`${list}?${query}`),
      ...BAD,
      'Invalid status parameter',
    ]),
    ...['cursor=x', 'cursor=', `cursor=${Buffer.from('notification 5').toString('base64url')}`].map(
      (query): BadRequest => [`${list}?${query}`, get(`${list}?${query}`), ...BAD, 'Invalid cursor parameter'],
    ),
  ]),
  ...[...LISTS, '/stats'].flatMap((path) => [
    ...['priority=critical', 'priority=', 'priority=low&priority=high'].map((query): BadRequest => [
      `${path}?${query}`,
      get(`${path}?${query}`),
      ...BAD,
      'Invalid priority parameter',
    ]),
    ...[
      'notification_type=nonsense',
      'notification_type=',
      'notification_type=a&notification_type=b',
      'notification_type=%00',
    ].map((query): BadRequest => [
      `${path}?${query}`,
      get(`${path}?${query}`),
      ...BAD,
      'Invalid notification_type parameter',
    ]),
  ]),
  ...DATED.flatMap((path) => [
    ...[
      'now',
      '2024-02-30',
      'infinity',
      'yesterday',
      '',
      '1704067200',
      '2024-01-01T25:00',
      '2024-01-01T00:00:00+24:00',
    ].flatMap((date): BadRequest[] => [
      [
        `${path}?start_date=${date}`,
        get(`${path}?start_date=${encodeURIComponent(date)}`),
        ...BAD,
        'Invalid start_date parameter',
      ],
      [
        `${path}?end_date=${date}`,
        get(`${path}?end_date=${encodeURIComponent(date)}`),
        ...BAD,
        'Invalid end_date parameter',
      ],
    ]),
    [
      `${path} that ends before it starts`,
      get(`${path}?start_date=2024-01-02&end_date=2024-01-01`),
      ...BAD,
      'Invalid start_date parameter',
    ] as BadRequest,
  ]),
  ...['agent_id', 'query_id', 'sender_id'].flatMap((name): BadRequest[] => [
    [`an empty ${name}`, get(`?${name}=`), ...BAD, `Invalid ${name} parameter`],
    [`${name} twice`, get(`?${name}=a&${name}=b`), ...BAD, `Invalid ${name} parameter`],
    [`${name} with NUL`, get(`?${name}=%00`), ...BAD, `Invalid ${name} parameter`],
    [`${name} of 1,001 characters`, get(`?${name}=${x(1001)}`), ...BAD, `Invalid ${name} parameter`],
  ]),
  ['a user id with NUL', get('/stats?user_id=%00'), ...BAD, 'Invalid user_id parameter'],
];

/** Everything that is refused on the routes of the Team Notifications API (contracts README, "Agent actions"). */
export const agentActionsCases: Record<string, BadRequest[]> = {
  'POST /team-notifications with': [...noBodies(post, anAction()), ...posts],
  'a notification, or its status, with': [
    ...noBodies((body, headers) => set(body, undefined, undefined, headers), { status: 'read' }),
    ...changes,
  ],
  'GET /team-notifications': queries,
};
