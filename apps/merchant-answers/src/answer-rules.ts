import {
  badRequest,
  check,
  faultOfEnd,
  faultOfJson,
  fieldErrors,
  invalidAnswer,
  isVisible,
  type JsonObject,
  notFound,
  type NotificationType,
  QuestionEnd,
  readText,
  type Refusal,
  startOf,
  summaryOf,
  validatorOf,
} from '@herald/contracts';

/** The part of a notification that decides which answers it accepts. */
export interface Question {
  status: 'requested' | 'answered' | 'expired';
  answered_fields: string[];
  answer_schema: JsonObject;
  allow_multiple_answers: boolean;
}

/** A request with valid parts. The database checks that its conversation belongs to the merchant. */
export interface CheckedRequest {
  type: NotificationType;
  conversationId: number;
  context: JsonObject;
  /** As the request says, or absent. */
  expiresAt?: string | null;
  remindBefore?: number | null;
}

/** Longer answers are refused before any pattern is applied. */
const MAX_ANSWER_CHARACTERS = 10_000;
const MAX_DETAILS_CHARACTERS = 300;

const isEmpty = (value: unknown) =>
  value === undefined || value === null || (typeof value === 'string' && !isVisible(value));
const own = (object: JsonObject, field: string) => (Object.hasOwn(object, field) ? object[field] : undefined);

/**
 * Checks an answer and returns it as it is stored. The checks run in the contract's order: not found, already answered,
 * expired, missing field, schema (contracts README, "Answering").
 * @throws Refusal with the documented status and message
 */
export function checkAnswer(question: Question | undefined, body: JsonObject): Record<string, string> {
  if (!question) throw notFound('Notification not found');
  if (question.status === 'answered' && !question.allow_multiple_answers) {
    throw invalidAnswer('This notification has already been answered and cannot be answered again.');
  }
  if (question.status === 'expired') throw invalidAnswer('This notification has expired and cannot be answered.');
  const missing = question.answered_fields.find((field) => isEmpty(own(body, field)));
  if (missing !== undefined)
    throw invalidAnswer(`Missing admin response content in context (expected field: ${missing})`);
  const answer: Record<string, string> = {};
  for (const [field, value] of Object.entries(body)) {
    if (!question.answered_fields.includes(field))
      throw mismatch('Answer', `must NOT have additional properties ("${startOf(field, MAX_DETAILS_CHARACTERS)}")`);
    if (typeof value !== 'string') throw mismatch('Answer', `${field} must be string`);
    const { text, fault } = readText(value, MAX_ANSWER_CHARACTERS, true);
    if (fault) throw mismatch('Answer', `${field} ${fault}`);
    answer[field] = text;
  }
  checkSchema('Answer', question.answer_schema, answer);
  return answer;
}

/** Returns the name of the requested type; undefined when no type can have this name. */
export function typeNamed({ notification_type: name }: JsonObject): string | undefined {
  return typeof name === 'string' && VALID_NAME.test(name) ? name : undefined;
}

/**
 * Checks a request for an answer against its type, and returns its parts.
 * @throws Refusal with the documented message: "<field> is required", … (contracts README, "Requesting an answer")
 */
export function checkRequest(body: JsonObject, type: NotificationType | null): CheckedRequest {
  for (const field of ['notification_type', 'conversation_id', 'context']) {
    if (isEmpty(own(body, field))) throw invalidAnswer(`${field} is required`);
  }
  const { conversation_id: conversationId } = body;
  if (!type) throw invalidAnswer('Invalid notification type');
  const context = checkContext(type, body.context);
  if (typeof conversationId !== 'number') throw invalidAnswer('conversation_id must be a number');
  const { value: end, issues } = check(QuestionEnd, body);
  if (issues) {
    const errors = fieldErrors(issues, 'body');
    throw badRequest(summaryOf(issues, errors), errors);
  }
  if (!Number.isSafeInteger(conversationId) || conversationId < 1) throw conversationNotFound();
  return { type, conversationId, context, expiresAt: end.expires_at, remindBefore: end.remind_before };
}

/** Returns the refusal of a question that would end in the past, or too late. */
export function refusalOfEnd({ expiresAt }: Pick<CheckedRequest, 'expiresAt'>): Refusal | undefined {
  const message = expiresAt ? faultOfEnd(new Date(expiresAt)) : undefined;
  return message ? badRequest(`expires_at ${message}`, [{ field: 'expires_at', message }]) : undefined;
}

const VALID_NAME = /^[a-z][a-z0-9_]{0,49}$/;

/** The refusal for a conversation that does not exist or belongs to another merchant. */
export const conversationNotFound = () => invalidAnswer('Conversation not found');

function checkContext(type: NotificationType, given: unknown): JsonObject {
  const fault = faultOfJson(given);
  if (fault) throw invalidAnswer(`context ${fault}`);
  const fields = given as JsonObject;
  const missing = type.requested_fields.find((field) => isEmpty(own(fields, field)));
  if (missing !== undefined) throw invalidAnswer(`${missing} is required`);
  const context: JsonObject = {};
  for (const [field, value] of Object.entries(fields)) {
    // An optional field that is null is absent.
    if (value === null) continue;
    if (typeof value === 'object') throw mismatch('Context', `${field} must be string, number or boolean`);
    context[field] = typeof value === 'string' ? value.normalize('NFC') : value;
  }
  checkSchema('Context', type.context_schema, context);
  return context;
}

function checkSchema(subject: string, schema: JsonObject, value: Record<string, unknown>): void {
  const validate = validatorOf(schema);
  if (validate(value)) return;
  const { instancePath = '', message = 'is not valid', params = {} } = validate.errors?.[0] ?? {};
  const name = params.additionalProperty ?? params.missingProperty ?? params.allowedValues;
  const field = instancePath.slice(1).replaceAll('/', '.');
  throw mismatch(subject, [field, message, name && `(${JSON.stringify(name)})`].filter(Boolean).join(' '));
}

/** Limits the details, because they may quote what the client sent. */
function mismatch(subject: string, details: string) {
  const characters = Array.from(details.slice(0, 2 * MAX_DETAILS_CHARACTERS));
  const more = characters.length > MAX_DETAILS_CHARACTERS;
  const bounded = `${characters.slice(0, MAX_DETAILS_CHARACTERS).join('')}${more ? '…' : ''}`;
  return invalidAnswer(`${subject} validation failed against JSON schema: ${bounded}`);
}
