import { aMessage } from '../../support/client.js';
import {
  announced,
  type Asked,
  BAD,
  type BadRequest,
  keys,
  lists,
  nested,
  NOT_FOUND,
  noBodies,
  textOf,
  TOO_LARGE,
  x,
} from './bad-request.js';

const send = (body: unknown, headers = {}): Asked => ({
  method: 'POST',
  path: '/v1/feed/ai',
  as: 'program',
  body,
  headers,
});
const batch = (body: unknown, headers = {}): Asked => ({ ...send(body, headers), path: '/v1/feed/ai/batch' });
const post =
  (path: string) =>
  (body: unknown, headers = {}): Asked => ({
    ...send(body, headers),
    path: `/v1/feed/${path}`,
    as: 'person',
  });
const [readAll, archiveAll, seen] = [post('read-all'), post('archive-all'), post('seen')];
const setMany = (body: unknown, headers = {}): Asked => ({
  method: 'PATCH',
  path: '/v1/feed',
  as: 'person',
  body,
  headers,
});
const set = (body: unknown, id = ID, headers = {}): Asked => ({
  method: 'PATCH',
  path: `/v1/feed/${id}`,
  as: 'person',
  body,
  headers,
});
const feed = (query: string): Asked => ({ method: 'GET', path: `/v1/feed?${query}`, as: 'person' });
const one = (id: string): Asked => ({ method: 'GET', path: `/v1/feed/${id}`, as: 'person' });
const trace = (id: string): Asked => ({ method: 'GET', path: `/v1/messages/${id}`, as: 'program' });

const ID = '123e4567-e89b-42d3-a456-426614174999';
const cursorOf = (text: string) => `cursor=${Buffer.from(text).toString('base64url')}`;

/** A message of which one field is bad. */
const message = (what: string, field: Record<string, unknown>, says: string): BadRequest => [
  what,
  send(aMessage(field)),
  ...BAD,
  `message.${says}`,
];
const metadata = (what: string, value: unknown, says: string): BadRequest => [
  what,
  send(aMessage({ metadata: value })),
  ...BAD,
  `metadata ${says}`,
];

const NO_CONTROL = 'must not hold control characters';
const NO_SURROGATE = 'must not hold a lone surrogate';
const VISIBLE = 'must hold a visible character';
const STORABLE = 'must not hold control characters or lone surrogates';
const EXACT = 'must not hold numbers that JSON cannot carry exactly';

const sends: BadRequest[] = [
  ['no fields', send({}), ...BAD, 'message is required'],
  ['a message that is null', send({ message: null }), ...BAD, 'message must be an object'],
  ['a message that is a list', send({ message: [] }), ...BAD, 'message must be an object'],
  ['a message that is a text', send({ message: 'x' }), ...BAD, 'message must be an object'],
  ['a message without fields', send({ message: {} }), ...BAD, 'message.title is required (and 3 more)'],
  ['a field more', send({ ...aMessage(), stray: 1 }), ...BAD, 'stray is not a known field'],
  [
    'a field more with an endless name',
    send({ ...aMessage(), [x(5000)]: 1 }),
    ...BAD,
    `${x(100)} is not a known field`,
  ],
  ['a field more in another case', send({ ...aMessage(), Message: {} }), ...BAD, 'Message is not a known field'],
  ['more than 64 KiB', send({ ...aMessage(), stray: x(70_000) }), ...TOO_LARGE, 'The body is too large'],
  message('a field more of the message', { stray: 1 }, 'stray is not a known field'),
  message('no title', { title: undefined }, 'title is required'),
  message('a title that is null', { title: null }, 'title must be a string'),
  message('a title that is a number', { title: 5 }, 'title must be a string'),
  message('a title that is a list', { title: ['x'] }, 'title must be a string'),
  message('a title that is an object', { title: { toString: 'x' } }, 'title must be a string'),
  message('an empty title', { title: '' }, 'title must not be empty'),
  message('a title of blanks', { title: '   ' }, `title ${VISIBLE}`),
  message('a title of a zero-width space', { title: '\u200b' }, `title ${VISIBLE}`),
  message('a title of a private character', { title: '\ue000' }, `title ${VISIBLE}`),
  message('a title of 31 characters', { title: x(31) }, 'title must have at most 30 characters'),
  message('a title of 31 emoji', { title: '😀'.repeat(31) }, 'title must have at most 30 characters'),
  message('a title of 31 letters in two code points', { title: 'e\u0301'.repeat(31) }, 'title must have at most 30'),
  message('a title with a line break', { title: 'a\nb' }, `title ${NO_CONTROL}`),
  message('a title with a tab', { title: 'a\tb' }, `title ${NO_CONTROL}`),
  message('a title with NUL', { title: 'a\0' }, `title ${NO_CONTROL}`),
  message('a title with DEL', { title: 'a\x7f' }, `title ${NO_CONTROL}`),
  message('a title with a C1 control', { title: 'a\x85' }, `title ${NO_CONTROL}`),
  message('a title with half a surrogate pair', { title: 'a\ud800' }, `title ${NO_SURROGATE}`),
  message('a title with a pair the wrong way round', { title: '\udc00\ud800' }, `title ${NO_SURROGATE}`),
  message('no body', { body: undefined }, 'body is required'),
  message('an empty body', { body: '' }, 'body must not be empty'),
  message('a body of line breaks', { body: '\r\n\n' }, `body ${VISIBLE}`),
  message('a body of 281 characters', { body: x(281) }, 'body must have at most 280 characters'),
  message('a body of 60,000 characters', { body: x(60_000) }, 'body must have at most 280 characters'),
  message('a body with NUL', { body: '\0' }, `body ${NO_CONTROL}`),
  message('a body with an escape character', { body: 'a\u001b[31m' }, `body ${NO_CONTROL}`),
  message('a body with half a surrogate pair', { body: '\udc00' }, `body ${NO_SURROGATE}`),
  message('no author', { authorLogin: undefined }, 'authorLogin is required'),
  message('an empty author', { authorLogin: '' }, 'authorLogin must not be empty'),
  message('an author of 101 characters', { authorLogin: x(101) }, 'authorLogin must have at most 100 characters'),
  message('an author with NUL', { authorLogin: 'a\0' }, `authorLogin ${NO_CONTROL}`),
  message('no recipient', { recipientLogin: undefined }, 'recipientLogin is required'),
  message('a recipient that is a list', { recipientLogin: ['a'] }, 'recipientLogin must be a string'),
  message('a recipient that is blank', { recipientLogin: '\u00a0' }, `recipientLogin ${VISIBLE}`),
  message('an empty question', { question: '' }, 'question must not be empty'),
  message('a question of 281 characters', { question: x(281) }, 'question must have at most 280 characters'),
  message('a question that is a number', { question: 1 }, 'question must be a string'),
  metadata('metadata that is a list', [], 'must be an object'),
  metadata('metadata that is a text', 'x', 'must be an object'),
  metadata('metadata that is true', true, 'must be an object'),
  metadata('metadata with NUL', { a: '\0' }, STORABLE),
  metadata('metadata with NUL in a key', { 'a\0': 1 }, STORABLE),
  metadata('metadata with half a surrogate pair', { a: ['\ud800'] }, STORABLE),
  metadata('metadata with half a surrogate pair in a key', { '\ud800': 1 }, STORABLE),
  metadata('metadata of 9 levels', nested(9), 'must be at most 8 levels deep'),
  metadata('metadata of 9 levels of lists', { a: [[[[[[[[1]]]]]]]] }, 'must be at most 8 levels deep'),
  metadata('metadata of 101 keys', keys(101), 'must have at most 100 keys in all'),
  metadata('metadata of 101 keys in all', { a: keys(50), b: keys(50) }, 'must have at most 100 keys in all'),
  metadata('metadata of more than 4 KiB', { a: x(4096) }, 'must be at most 4096 bytes of JSON'),
  metadata('metadata of more than 4 KiB of emoji', { a: '😀'.repeat(1024) }, 'must be at most 4096 bytes of JSON'),
  metadata('metadata of 5,000 numbers', { a: Array(5000).fill(1) }, 'must be at most 4096 bytes of JSON'),
  metadata('metadata with an integer beyond 2^53', { a: 2 ** 53 }, EXACT),
  [
    'metadata with an infinite number',
    send(textOf(aMessage(), '"metadata":{}', '"metadata":{"a":1e999}')),
    ...BAD,
    EXACT,
  ],
  [
    'metadata with a key __proto__',
    send(textOf(aMessage(), '"metadata":{}', '"metadata":{"a":{"__proto__":1}}')),
    ...BAD,
    'JSON',
  ],
  [
    'metadata of 60 levels',
    send(textOf(aMessage(), '"metadata":{}', `"metadata":{"a":${lists(60)}}`)),
    ...BAD,
    'metadata',
  ],
  ['a key that is no key', send(aMessage(), { 'idempotency-key': 'a b' }), ...BAD, 'Idempotency-Key must be 1 to 255'],
];

const HOW_MANY = 'messages must be a list of 1 to 1,000 messages';

const batches: BadRequest[] = [
  ['no messages', batch({}), ...BAD, HOW_MANY],
  ['messages that are null', batch({ messages: null }), ...BAD, HOW_MANY],
  ['messages that are an object', batch({ messages: { 0: aMessage() } }), ...BAD, HOW_MANY],
  ['no message', batch({ messages: [] }), ...BAD, HOW_MANY],
  ['1,001 messages', batch({ messages: Array(1001).fill(aMessage()) }), ...BAD, HOW_MANY],
  ['a million of nothing', batch(`{"messages":[${'0,'.repeat(1_000_000)}0]}`), ...BAD, HOW_MANY],
  ['a field more', batch({ messages: [aMessage()], stray: 1 }), ...BAD, 'stray is not a known field'],
  ['more than 8 MiB', batch('{', announced(8 * 1024 * 1024 + 1)), ...TOO_LARGE, 'The body is too large'],
];

const statuses: BadRequest[] = [
  ['no status', set({}), ...BAD, 'status must be one of unread, read, archived'],
  ['a status that is none', set({ status: 'seen' }), ...BAD, 'status must be one of'],
  ['a status in another case', set({ status: 'Read' }), ...BAD, 'status must be one of'],
  ['a status that is null', set({ status: null }), ...BAD, 'status must be one of'],
  ['a status that is a list', set({ status: ['read'] }), ...BAD, 'status must be one of'],
  ['a field more', set({ status: 'read', stray: 1 }), ...BAD, 'stray is not a known field'],
  ['an id that is unknown', set({ status: 'read' }), ...NOT_FOUND, 'Message not found'],
  ...[
    'nonsense',
    '1',
    `${ID}0`,
    ID.replaceAll('-', ''),
    `{${ID}}`,
    '%00',
    '..%2f..%2fetc',
    '%F0%9F%98%80',
    x(5000),
  ].flatMap((id): BadRequest[] => [
    [`an id that is none: ${id.slice(0, 40)}`, set({ status: 'read' }, id), ...NOT_FOUND, 'Message not found'],
    [`an id that is none: ${id.slice(0, 40)}`, trace(id), ...NOT_FOUND, 'Message not found'],
    [`an id that is none: ${id.slice(0, 40)}`, one(id), ...NOT_FOUND, 'Message not found'],
  ]),
  ['an id that is no text', set({ status: 'read' }, '%ff'), ...NOT_FOUND, 'ot found'],
  ['an id that is no text', trace('%zz'), ...NOT_FOUND, 'ot found'],
  ['an id that is unknown', trace(ID), ...NOT_FOUND, 'Message not found'],
  ['an id that is unknown', one(ID), ...NOT_FOUND, 'Message not found'],
];

const MANY = Array.from({ length: 101 }, (_, n) => `${ID.slice(0, -3)}${String(n).padStart(3, '0')}`);

const several: BadRequest[] = [
  ['no ids', setMany({ status: 'read' }), ...BAD, 'ids is required'],
  ['ids that are null', setMany({ ids: null, status: 'read' }), ...BAD, 'ids must be an array'],
  ['ids that are a text', setMany({ ids: ID, status: 'read' }), ...BAD, 'ids must be an array'],
  ['no id', setMany({ ids: [], status: 'read' }), ...BAD, 'ids must be 1 to 100'],
  ['101 ids', setMany({ ids: MANY, status: 'read' }), ...BAD, 'ids must be 1 to 100'],
  ['an id that is none', setMany({ ids: [ID, 'x'], status: 'read' }), ...BAD, 'ids.1 must be a UUID'],
  ['an id that is a number', setMany({ ids: [5], status: 'read' }), ...BAD, 'ids.0 must be a UUID'],
  ['no status', setMany({ ids: [ID] }), ...BAD, 'status must be one of unread, read, archived'],
  ['a status that is none', setMany({ ids: [ID], status: 'seen' }), ...BAD, 'status must be one of'],
  ['a field more', setMany({ ids: [ID], status: 'read', stray: 1 }), ...BAD, 'stray is not a known field'],
];

const everything: BadRequest[] = [readAll, archiveAll].flatMap((all): BadRequest[] => [
  ['a field that is unknown', all({ stray: 1 }), ...BAD, 'stray is not a known field'],
  ['a list', all([]), ...BAD, 'body must be an object'],
  ['an end that is none', all({ upTo: 'x' }), ...BAD, 'upTo must be a UUID'],
  ['an end that is a number', all({ upTo: 5 }), ...BAD, 'upTo must be a UUID'],
  ['an end that is a list', all({ upTo: [ID] }), ...BAD, 'upTo must be a UUID'],
  ['an end that is unknown', all({ upTo: ID }), ...NOT_FOUND, 'Message not found'],
  ['a tab that is none', all({ tab: 'general' }), ...BAD, 'tab must be one of all, ai'],
  ['a tab that is a number', all({ tab: 1 }), ...BAD, 'tab must be one of'],
]);

const seens: BadRequest[] = [
  ['no end', seen({}), ...BAD, 'upTo must be a UUID'],
  ['an end that is null', seen({ upTo: null }), ...BAD, 'upTo must be a UUID'],
  ['an end that is none', seen({ upTo: 'now' }), ...BAD, 'upTo must be a UUID'],
  ['an end that is unknown', seen({ upTo: ID }), ...NOT_FOUND, 'Message not found'],
  ['a field more', seen({ upTo: ID, tab: 'ai' }), ...BAD, 'tab is not a known field'],
];

const queries: BadRequest[] = [
  ...['0', '101', '-1', '1e1', '1.0', '0x1', '+5', '%205', '9999999999', 'NaN', '%D9%A1', '', 'null'].map(
    (limit): BadRequest => [`limit=${limit}`, feed(`limit=${limit}`), ...BAD, 'limit must'],
  ),
  ['limit twice', feed('limit=1&limit=2'), ...BAD, 'limit must be given once'],
  ['a box that is none', feed('box=inbox'), ...BAD, 'box must be one of all, received, sent'],
  ['an empty box', feed('box='), ...BAD, 'box must be one of'],
  ['a box twice', feed('box=sent&box=received'), ...BAD, 'box must be one of'],
  ['a tab that is none', feed('tab=other'), ...BAD, 'tab must be one of all, ai'],
  ['an empty tab', feed('tab='), ...BAD, 'tab must be one of'],
  ['a tab twice', feed('tab=ai&tab=ai'), ...BAD, 'tab must be one of'],
  ['a status that is none', feed('status=seen'), ...BAD, 'status must be one of unread, read, archived'],
  ['a status that is no text', feed('status=%ff'), ...BAD, 'status must be one of'],
  ['a cursor that is none', feed('cursor=xx'), ...BAD, 'cursor is not a cursor of this list'],
  ['an empty cursor', feed('cursor='), ...BAD, 'cursor'],
  ['a cursor twice', feed('cursor=a&cursor=b'), ...BAD, 'cursor must be given once'],
  ['a cursor of no time', feed(cursorOf(`now ${ID}`)), ...BAD, 'cursor'],
  ['a cursor beyond time', feed(cursorOf(`99999999999999999 ${ID}`)), ...BAD, 'cursor'],
  ['a cursor before time', feed(cursorOf(`-210866803200001 ${ID}`)), ...BAD, 'cursor'],
  ['a cursor of no id', feed(cursorOf(`999999999999999 ${'0'.repeat(36)}`)), ...BAD, 'cursor'],
  ['a cursor of another list', feed(cursorOf('notification 5')), ...BAD, 'cursor'],
  ['a cursor with SQL', feed(cursorOf(`1 ${ID}'; drop table feed_messages; --`)), ...BAD, 'cursor'],
];

/** Everything that is refused on the routes of the delivery API (contracts README, "Delivery"). */
export const deliveryCases: Record<string, BadRequest[]> = {
  'POST /v1/feed/ai with': [...noBodies(send, aMessage()), ...sends],
  'POST /v1/feed/ai/batch with': [...noBodies(batch, { messages: [aMessage()] }), ...batches],
  'PATCH /v1/feed with': [...noBodies(setMany, { ids: [ID], status: 'read' }), ...several],
  'POST /v1/feed/read-all and /v1/feed/archive-all with': everything,
  'POST /v1/feed/seen with': [...noBodies(seen, { upTo: ID }), ...seens],
  'PATCH and GET /v1/feed/{id} and GET /v1/messages/{id} with': [
    ...noBodies((body, headers) => set(body, ID, headers), { status: 'read' }),
    ...statuses,
  ],
  'GET /v1/feed with': queries,
};
