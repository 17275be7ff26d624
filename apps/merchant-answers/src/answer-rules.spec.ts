import type { JsonObject, NotificationType } from '@herald/contracts';
import { Refusal } from '@herald/contracts';
import { checkAnswer, checkRequest, type Question, typeNamed } from './answer-rules.js';

const aQuestion = (changes: Partial<Question> = {}): Question => ({
  status: 'requested',
  answered_fields: ['answer', 'notes'],
  answer_schema: {
    type: 'object',
    properties: { answer: { type: 'string', maxLength: 20 }, notes: { type: 'string' } },
  },
  allow_multiple_answers: false,
  ...changes,
});

const aType = (changes: Partial<NotificationType> = {}): NotificationType => ({
  name: 'a_type',
  requested_fields: ['question'],
  answered_fields: ['answer'],
  context_schema: { type: 'object', properties: { question: { type: 'string' } } },
  answer_schema: { type: 'object' },
  allow_multiple_answers: false,
  ...changes,
});

const good = { answer: 'yes', notes: 'none' };

function refusalOf(work: () => unknown): { status: number; message: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, message: error.message };
    throw error;
  }
  throw new Error('it was not refused');
}

const refusedAnswer = (question: Question | undefined, body: JsonObject) =>
  refusalOf(() => checkAnswer(question, body));

describe('an answer', () => {
  it('is kept unchanged, in NFC', () => {
    expect(checkAnswer(aQuestion(), { answer: 'cafe\u0301', notes: 'a\n\tb' })).toEqual({
      answer: 'café',
      notes: 'a\n\tb',
    });
  });

  it('is checked in this order: found, not yet answered, no field missing, schema', () => {
    const answered = aQuestion({ status: 'answered' });
    expect(refusedAnswer(undefined, {})).toEqual({ status: 404, message: 'Notification not found' });
    expect(refusedAnswer(answered, {}).message).toBe(
      'This notification has already been answered and cannot be answered again.',
    );
    expect(refusedAnswer(aQuestion(), { answer: 5 }).message).toBe(
      'Missing admin response content in context (expected field: notes)',
    );
    expect(refusedAnswer(aQuestion(), { answer: 5, notes: 'x' })).toEqual({
      status: 500,
      message: 'Answer validation failed against JSON schema: answer must be string',
    });
  });

  it('may come again where several are allowed', () => {
    const several = aQuestion({ status: 'answered', allow_multiple_answers: true });
    expect(checkAnswer(several, good)).toEqual(good);
  });

  it('names the first field that is missing or empty', () => {
    const missing = (field: string) => `Missing admin response content in context (expected field: ${field})`;
    expect(refusedAnswer(aQuestion(), {}).message).toBe(missing('answer'));
    for (const notes of [undefined, null, '', '   ', '\n', '\u200b']) {
      expect(refusedAnswer(aQuestion(), { answer: 'yes', notes }).message).toBe(missing('notes'));
    }
    const inherited = aQuestion({ answered_fields: ['toString'] });
    expect(refusedAnswer(inherited, {}).message).toBe(missing('toString'));
  });

  it('that does not match is refused with bounded details', () => {
    const details = (body: JsonObject) => refusedAnswer(aQuestion(), { ...good, ...body }).message.split('schema: ')[1];
    expect(details({ answer: ['x'] })).toBe('answer must be string');
    expect(details({ answer: { answer: 'x' } })).toBe('answer must be string');
    expect(details({ answer: 'x'.repeat(21) })).toBe('answer must NOT have more than 20 characters');
    expect(details({ answer: 'x'.repeat(50_000) })).toBe('answer must have at most 10000 characters');
    expect(details({ answer: 'a\u0000' })).toBe('answer must not hold control characters');
    expect(details({ answer: 'a\ud800' })).toBe('answer must not hold a lone surrogate');
    expect(details({ extra: 'x' })).toBe('must NOT have additional properties ("extra")');
    expect(details({ ['x'.repeat(50_000)]: 'x' })?.length).toBeLessThan(350);
  });
});

describe('a request', () => {
  const known = aType();
  const body = { notification_type: 'a_type', conversation_id: 456, context: { question: 'Why?' } };
  const check = async (changes: JsonObject) => {
    const request = { ...body, ...changes };
    return checkRequest(request, typeNamed(request) === known.name ? known : null);
  };
  const refused = (changes: JsonObject) =>
    check(changes).then(
      () => 'accepted',
      (error: Refusal) => `${error.status} ${error.message}`,
    );

  it('is split into its parts; unknown fields are ignored, and null counts as absent', async () => {
    const context = { question: 'Why?', document_id: 789, urgent: true, lead_name: null };
    const { conversationId, context: kept } = await check({ context, unknown: 1 });
    expect(conversationId).toBe(456);
    expect(kept).toEqual({ question: 'Why?', document_id: 789, urgent: true });
  });

  it.each([
    [{ notification_type: undefined }, '500 notification_type is required'],
    [{ conversation_id: null }, '500 conversation_id is required'],
    [{ context: undefined }, '500 context is required'],
    [{ context: {} }, '500 question is required'],
    [{ context: { question: ' ' } }, '500 question is required'],
    [{ context: [] }, '500 context must be an object'],
    [{ notification_type: 'other' }, '500 Invalid notification type'],
    [{ notification_type: ['a_type'] }, '500 Invalid notification type'],
    [{ notification_type: '__proto__' }, '500 Invalid notification type'],
    [{ conversation_id: '456' }, '500 conversation_id must be a number'],
    [{ conversation_id: [456] }, '500 conversation_id must be a number'],
    [{ conversation_id: 0 }, '500 Conversation not found'],
    [{ conversation_id: 4.5 }, '500 Conversation not found'],
    [{ context: { question: 5 } }, '500 Context validation failed against JSON schema: question must be string'],
    [
      { context: { question: 'Why?', tags: ['a'] } },
      '500 Context validation failed against JSON schema: tags must be string, number or boolean',
    ],
    [{ context: { question: 'a\u0000b' } }, '500 context must not hold control characters or lone surrogates'],
    [{ context: { question: 'x'.repeat(5000) } }, '500 context must be at most 4096 bytes of JSON'],
  ])('%j is refused: %s', async (changes, refusal) => {
    expect(await refused(changes)).toBe(refusal);
  });
});
