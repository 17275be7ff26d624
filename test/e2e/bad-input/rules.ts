/**
 * The rules for bodies in libs/contracts/README.md, implemented again independently of the services. The tests compare
 * their verdict with the response.
 */
type Fields = Record<string, unknown>;

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNone = (value: unknown) => value === undefined || value === null;
const isControl = (point: number) => point < 0x20 || (point >= 0x7f && point <= 0x9f);
const isSurrogate = (point: number) => point >= 0xd800 && point <= 0xdfff;
const LINES = [9, 10, 13];
const pointsOf = (text: string) => Array.from(text, (character) => character.codePointAt(0) as number);
const isVisible = (text: string) => [...text].some((character) => !/^[\p{Z}\p{C}]$/u.test(character));

/** 1 to `max` code points in NFC, no controls (tabs and line ends at the most), something to see. */
function isText(value: unknown, max: number, lines = false): value is string {
  if (typeof value !== 'string') return false;
  const points = pointsOf(value.normalize('NFC'));
  const isBad = (point: number) => isSurrogate(point) || (isControl(point) && !(lines && LINES.includes(point)));
  return points.length <= max && !points.some(isBad) && isVisible(value.normalize('NFC'));
}

const isStorable = (text: string) =>
  !pointsOf(text).some((point) => isSurrogate(point) || (isControl(point) && !LINES.includes(point)));

/** Metadata or context: depth 8, 100 keys in all, 4 KiB, nothing that would not come back as it went in. */
function isBounded(given: unknown): given is Fields {
  let keys = 0;
  const isFine = (value: unknown, depth: number): boolean => {
    if (typeof value === 'string') return isStorable(value);
    if (typeof value === 'number') return Number.isFinite(value) && (value % 1 !== 0 || Math.abs(value) < 2 ** 53);
    if (typeof value !== 'object' || value === null) return true;
    if (depth > 8) return false;
    if (Array.isArray(value)) return value.every((item) => isFine(item, depth + 1));
    keys += Object.keys(value).length;
    return Object.entries(value).every(([key, item]) => isStorable(key) && isFine(item, depth + 1));
  };
  return isObject(given) && isFine(given, 1) && keys <= 100 && Buffer.byteLength(JSON.stringify(given)) <= 4096;
}

const has = (value: Fields, names: string[]) => Object.keys(value).every((name) => names.includes(name));
const isUuid = (value: unknown) =>
  /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(typeof value === 'string' ? value : '');

export function isMessage(body: unknown): boolean {
  if (!isObject(body) || !has(body, ['message', 'metadata']) || !isObject(body.message)) return false;
  const { title, body: text, authorLogin, recipientLogin, question } = body.message;
  return (
    has(body.message, ['title', 'body', 'authorLogin', 'recipientLogin', 'question']) &&
    isText(title, 30) &&
    isText(text, 280, true) &&
    isText(authorLogin, 100) &&
    isText(recipientLogin, 100) &&
    (isNone(question) || isText(question, 280, true)) &&
    (isNone(body.metadata) || isBounded(body.metadata))
  );
}

export const isBatch = (body: unknown): body is { messages: unknown[] } =>
  isObject(body) &&
  has(body, ['messages']) &&
  Array.isArray(body.messages) &&
  body.messages.length >= 1 &&
  body.messages.length <= 1000;

function isPerson(value: unknown): value is Fields {
  if (!isObject(value) || !has(value, ['id', 'email', 'name']) || !isUuid(value.id)) return false;
  const { email, name } = value;
  return (
    (isNone(email) || (isText(email, 320) && /^[^@\s]+@[^@\s]+$/.test(email.normalize('NFC')))) &&
    (isNone(name) || isText(name, 200))
  );
}

const isKey = (value: unknown) =>
  isNone(value) ||
  ((typeof value === 'string' || typeof value === 'number') && pointsOf(String(value).normalize('NFC')).length <= 200);

/** The valid ones among the generated addresses. */
export const GOOD_ADDRESSES = ['https://example.com/a?b=c#d', 'HTTPS://É.example', 'https://a'];

/** The valid ones among the generated times. */
export const GOOD_TIMES = [
  '2024-01-15T06:00:00Z',
  '2024-01-15T06:00:00.123456',
  '2024-02-29',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '2024-01-15T06:00+05:30',
];

export function isAction(body: unknown): boolean {
  if (!isObject(body)) return false;
  const {
    notification_type,
    title,
    message,
    priority,
    metadata,
    action_url,
    expires_at,
    sender_id,
    sender,
    recipients,
  } = body;
  const names = [
    'notification_type',
    'title',
    'message',
    'priority',
    'metadata',
    'action_url',
    'expires_at',
    'sender_id',
    'sender',
    'recipients',
  ];
  return (
    has(body, names) &&
    typeof notification_type === 'string' &&
    /^[a-z]([a-z]|\d|_){0,49}$/.test(notification_type) &&
    !notification_type.endsWith('\n') &&
    isText(title, 200) &&
    isText(message, 2000, true) &&
    (isNone(priority) || ['low', 'medium', 'high', 'urgent'].includes(priority as string)) &&
    (isNone(metadata) || (isBounded(metadata) && isKey(metadata.agent_id) && isKey(metadata.query_id))) &&
    (isNone(action_url) || GOOD_ADDRESSES.includes(action_url as string)) &&
    (isNone(expires_at) || GOOD_TIMES.includes(expires_at as string)) &&
    (isNone(sender_id) || isUuid(sender_id)) &&
    (isNone(sender) || isPerson(sender)) &&
    (isNone(recipients) ||
      (Array.isArray(recipients) &&
        recipients.length <= 100 &&
        recipients.every(isPerson) &&
        new Set(recipients.map(({ id }) => String(id).toLowerCase())).size === recipients.length))
  );
}

/** Accepts what a route without fields accepts. */
export const isNothing = (body: unknown): boolean => isNone(body) || (isObject(body) && has(body, []));

export const isStatus = (body: unknown): boolean =>
  isObject(body) && has(body, ['status']) && ['unread', 'read', 'archived'].includes(body.status as string);

/** The fields that an answer has to have, by the type of what was asked. */
const ANSWERED: Record<string, string[]> = {
  user_question_request: ['answer'],
  user_support_request: ['agent_response_to_customer', 'resolution_notes'],
};

export const isAnswer = (type: string, body: unknown): boolean =>
  isObject(body) &&
  has(body, ANSWERED[type] as string[]) &&
  (ANSWERED[type] as string[]).every((field) => isText(body[field], 10_000, true));

const REQUESTED: Record<string, string> = {
  user_question_request: 'question',
  user_support_request: 'support_request_reason',
};

/** `conversations`: those of the merchant. What is not asked for is ignored. */
export function isQuestion(body: unknown, conversations: number[]): boolean {
  if (!isObject(body) || !isBounded(body.context)) return false;
  const { notification_type, conversation_id, context } = body;
  const asked = new Map<unknown, string>(Object.entries(REQUESTED)).get(notification_type);
  const isValue = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value);
  const isTextOrNone = (value: unknown) => isNone(value) || typeof value === 'string';
  return (
    asked !== undefined &&
    typeof context[asked] === 'string' &&
    isVisible(context[asked]) &&
    Object.values(context).every(isValue) &&
    isTextOrNone(context.lead_phone) &&
    isTextOrNone(context.lead_name) &&
    conversations.includes(conversation_id as number)
  );
}
