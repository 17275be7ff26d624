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
  TOO_LARGE,
  x,
} from './bad-request.js';

const PATH = '/api/v1/notification';
/** The open question of the demo data, and the conversation it belongs to. */
const OPEN = 123;
const CONVERSATION = 456;
/** A client's mistake has the documented 500 (contracts README, "Refusals of merchant answers"). */
const INVALID = [500, 'ValidationError'] as const;

const call = (method: string, path: string, body?: unknown, headers = {}): Asked => ({
  method,
  path: PATH + path,
  as: 'merchant',
  body,
  headers,
});
const answer = (body: unknown, headers = {}) => call('POST', `/${OPEN}/answer`, body, headers);
const request = (body: unknown, headers = {}) => call('POST', '/request', body, headers);
const list = (query: string) => call('GET', `/?${query}`);

const QUESTION = {
  notification_type: 'user_question_request',
  conversation_id: CONVERSATION,
  context: { question: 'Open?' },
};
/** A request of which one field is bad. */
const asked = (what: string, fields: object, says: string): BadRequest => [
  what,
  request({ ...QUESTION, ...fields }),
  ...INVALID,
  says,
];
const context = (what: string, fields: object, says: string) =>
  asked(what, { context: { question: 'Open?', ...fields } }, says);

const MISSING = 'Missing admin response content in context (expected field: answer)';
const MISMATCH = 'Answer validation failed against JSON schema: ';

const answers: BadRequest[] = [
  ['no fields', answer({}), ...INVALID, MISSING],
  ['an answer that is null', answer({ answer: null }), ...INVALID, MISSING],
  ['an empty answer', answer({ answer: '' }), ...INVALID, MISSING],
  ['an answer of blanks', answer({ answer: ' \t\n\u200b' }), ...INVALID, MISSING],
  [
    'the fields of the other type',
    answer({ agent_response_to_customer: 'a', resolution_notes: 'b' }),
    ...INVALID,
    MISSING,
  ],
  [
    'the fields of both types',
    answer({ answer: 'a', agent_response_to_customer: 'a', resolution_notes: 'b' }),
    ...INVALID,
    `${MISMATCH}must NOT have additional properties`,
  ],
  ['an answer that is a number', answer({ answer: 5 }), ...INVALID, `${MISMATCH}answer must be string`],
  ['an answer that is a list', answer({ answer: ['Yes'] }), ...INVALID, `${MISMATCH}answer must be string`],
  ['an answer that is an object', answer({ answer: { text: 'Yes' } }), ...INVALID, `${MISMATCH}answer must be string`],
  ['an answer that is false', answer({ answer: false }), ...INVALID, `${MISMATCH}answer must be string`],
  ['an answer of 60 levels', answer(`{"answer":${lists(60)}}`), ...INVALID, `${MISMATCH}answer must be string`],
  [
    'a field more',
    answer({ answer: 'Yes', stray: 'x' }),
    ...INVALID,
    `${MISMATCH}must NOT have additional properties ("stray")`,
  ],
  [
    'a field more with an endless name',
    answer({ answer: 'Yes', [x(5000)]: 'x' }),
    ...INVALID,
    `${MISMATCH}must NOT have additional properties ("xxx`,
  ],
  ['an answer in another case', answer({ Answer: 'Yes' }), ...INVALID, MISSING],
  ['an answer with NUL', answer({ answer: 'a\0' }), ...INVALID, `${MISMATCH}answer must not hold control characters`],
  [
    'an answer with an escape character',
    answer({ answer: 'a\u001b' }),
    ...INVALID,
    `${MISMATCH}answer must not hold control characters`,
  ],
  [
    'an answer with half a surrogate pair',
    answer({ answer: 'a\ud800' }),
    ...INVALID,
    `${MISMATCH}answer must not hold a lone surrogate`,
  ],
  [
    'an answer of 10,001 characters',
    answer({ answer: x(10_001) }),
    ...INVALID,
    `${MISMATCH}answer must have at most 10000 characters`,
  ],
  [
    'an answer of 50,000 characters',
    answer({ answer: x(50_000) }),
    ...INVALID,
    `${MISMATCH}answer must have at most 10000 characters`,
  ],
  ['1 MB', answer('{', announced(1_000_000)), ...TOO_LARGE, 'The body is too large'],
  [
    'a key that is no key',
    answer({ answer: 'Yes' }, { 'idempotency-key': '"' + x(256) + '"' }),
    ...BAD,
    'Idempotency-Key must be',
  ],
];

const ids: BadRequest[] = [
  '0',
  '-1',
  '1.5',
  '1e2',
  '01',
  '0x7b',
  'abc',
  '9007199254740992',
  '99999999999999999999',
  '%00',
  '123%20',
  '123abc',
  '4294967419',
  x(300),
].flatMap((id): BadRequest[] => [
  [
    `POST /${id.slice(0, 30)}/answer`,
    call('POST', `/${id}/answer`, { answer: 'Yes' }),
    ...NOT_FOUND,
    'Notification not found',
  ],
  [`GET /${id.slice(0, 30)}`, call('GET', `/${id}`), ...NOT_FOUND, 'Notification not found'],
  [`DELETE /${id.slice(0, 30)}`, call('DELETE', `/${id}`), ...NOT_FOUND, 'Notification not found'],
]);

const requests: BadRequest[] = [
  ['no fields', request({}), ...INVALID, 'notification_type is required'],
  asked('no type', { notification_type: undefined }, 'notification_type is required'),
  asked('a type that is null', { notification_type: null }, 'notification_type is required'),
  asked('an empty type', { notification_type: '' }, 'notification_type is required'),
  asked('no conversation', { conversation_id: undefined }, 'conversation_id is required'),
  asked('a conversation that is null', { conversation_id: null }, 'conversation_id is required'),
  asked('no context', { context: undefined }, 'context is required'),
  asked('a context that is null', { context: null }, 'context is required'),
  asked('a type that is unknown', { notification_type: 'nonsense' }, 'Invalid notification type'),
  asked('a type that is a list', { notification_type: ['user_question_request'] }, 'Invalid notification type'),
  asked('a type with NUL', { notification_type: 'user_question_request\0' }, 'Invalid notification type'),
  asked('a type that every object has', { notification_type: 'constructor' }, 'Invalid notification type'),
  ...[999_999_999, 457, 458, 0, -1, 1.5, 1e300, 2 ** 53].map((conversation_id) =>
    asked(`the conversation ${JSON.stringify(conversation_id)}`, { conversation_id }, 'Conversation not found'),
  ),
  ...['456', true, [456], {}].map((conversation_id) =>
    asked(
      `the conversation ${JSON.stringify(conversation_id)}`,
      { conversation_id },
      'conversation_id must be a number',
    ),
  ),
  asked('a context that is a text', { context: 'x' }, 'context must be an object'),
  asked('a context that is a list', { context: [] }, 'context must be an object'),
  asked('a context without fields', { context: {} }, 'question is required'),
  context('a question that is null', { question: null }, 'question is required'),
  context('an empty question', { question: '' }, 'question is required'),
  context('a question of blanks', { question: '\u2003' }, 'question is required'),
  context(
    'a question that is a number',
    { question: 5 },
    'Context validation failed against JSON schema: question must be string',
  ),
  context('a question that is a list', { question: ['x'] }, 'question must be string, number or boolean'),
  context('a question that is an object', { question: { a: 1 } }, 'question must be string, number or boolean'),
  context('a question with NUL', { question: '\0' }, 'context must not hold control characters'),
  context(
    'a question with half a surrogate pair',
    { question: 'a\udfff' },
    'context must not hold control characters or lone surrogates',
  ),
  context('a field more that is a list', { more: [] }, 'more must be string, number or boolean'),
  context('a document that is an object', { document_id: {} }, 'document_id must be string, number or boolean'),
  context('a phone that is a number', { lead_phone: 5 }, 'lead_phone must be string'),
  context('a field with NUL in its name', { 'a\0': 1 }, 'context must not hold control characters'),
  context('an integer beyond 2^53', { document_id: 2 ** 60 }, 'context must not hold numbers'),
  context('9 levels', { more: nested(9) }, 'context must be at most 8 levels deep'),
  context('101 keys', keys(100), 'context must have at most 100 keys'),
  context('more than 4 KiB', { more: x(4096) }, 'context must be at most 4096 bytes'),
  [
    'the context of the other type',
    request({ ...QUESTION, notification_type: 'user_support_request' }),
    ...INVALID,
    'support_request_reason is required',
  ],
  ...[
    ['an end that is no time', { expires_at: 'tomorrow' }, 'expires_at must be a date and time in ISO 8601'],
    ['an end on a day that does not exist', { expires_at: '2099-02-30' }, 'expires_at must be a date and time'],
    ['an end that is a number', { expires_at: 4_102_444_800 }, 'expires_at must be a string'],
    ['an end in the past', { expires_at: '2020-01-01T00:00:00Z' }, 'expires_at must be in the future'],
    ['an end in a far future', { expires_at: '2999-01-01T00:00:00Z' }, 'expires_at must be at most 366 days ahead'],
    ...[0, -1, 1.5, 31_622_401].map(
      (remind_before) =>
        [
          `a reminder of ${remind_before} s`,
          { remind_before },
          'remind_before must be a whole number of seconds from 1 to 31622400',
        ] as const,
    ),
    ['a reminder that is a text', { remind_before: '1h' }, 'remind_before must be a number'],
  ].map(([what, fields, says]): BadRequest => [
    what as string,
    request({ ...QUESTION, ...(fields as object) }),
    ...BAD,
    says as string,
  ]),
  ['more than 64 KiB', request({ ...QUESTION, stray: x(70_000) }), ...TOO_LARGE, 'The body is too large'],
];

const queries: BadRequest[] = [
  ...['status=open', 'status=', 'status=REQUESTED', 'status=requested&status=answered', 'status=%00'].map(
    (query): BadRequest => [query, list(query), ...BAD, 'status must be one of requested, answered, expired'],
  ),
  ...[
    'notification_types=nonsense',
    'notification_types=user_question_request&notification_types=x',
    'notification_types=%ff',
  ].map((query): BadRequest => [
    query.slice(0, 80),
    list(query),
    ...BAD,
    'notification_types is not a known notification type',
  ]),
  ['notification_types=%00', list('notification_types=%00'), ...BAD, 'notification_types.0 must not hold control'],
  ['an endless type', list(`notification_types=${x(2000)}`), ...BAD, 'notification_types.0 must have at most 1000'],
  ['notification_types=', list('notification_types='), ...BAD, 'notification_types.0 must not be empty'],
  ...[
    'cursor=x',
    'cursor=',
    'cursor=1',
    'cursor=1&cursor=2',
    `cursor=${Buffer.from('notification 0').toString('base64url')}`,
    `cursor=${Buffer.from('notification 9007199254740992').toString('base64url')}`,
  ].map((query): BadRequest => [query, list(query), ...BAD, 'cursor']),
];

/** Everything that is refused on the routes of the merchant-answers API (contracts README, "Merchant answers"). */
export const merchantAnswersCases: Record<string, BadRequest[]> = {
  'POST /api/v1/notification/{id}/answer with': [...noBodies(answer, { answer: 'Yes' }), ...answers],
  'POST /api/v1/notification/request with': [...noBodies(request, QUESTION), ...requests],
  'an id that is none at': ids,
  'GET /api/v1/notification?': queries,
};
