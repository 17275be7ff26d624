import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type CheckingProxy, checkingProxy } from '../../support/checking-proxy.js';
import { Herald } from '../../support/herald.js';

let herald: Herald;
let proxy: CheckingProxy;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'merchant-answers'] });
  proxy = await checkingProxy(herald.url);
});
afterAll(async () => {
  await herald?.stop();
  await proxy?.close();
});

const NOTIFICATIONS = '/api/v1/notification';
const merchant = () => herald.company.merchants[0]?.jwt as string;

/** Returns what curl prints for a request as it is documented. */
async function curl(method: string, path: string, body?: string, token = merchant()) {
  const { stdout } = await promisify(execFile)('curl', [
    '--silent',
    '--request',
    method,
    '--write-out',
    '\n%{http_code}',
    '--header',
    `Authorization: Bearer ${token}`,
    ...(body === undefined ? [] : ['--header', 'Content-Type: application/json', '--data', body]),
    `${proxy.url}${path}`,
  ]);
  const at = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(at)), body: JSON.parse(stdout.slice(0, at)) };
}

describe('every documented request, pasted as curl (contracts README, "Merchant answers")', () => {
  it('lists the notifications ("GET /api/v1/notification/")', async () => {
    const sample = {
      id: 123,
      notification_type: 'user_question_request',
      status: 'requested',
      created_at: '2025-10-28T10:30:00.000Z',
      updated_at: '2025-10-28T10:30:00.000Z',
      conversation_id: 456,
      context: { question: 'What are your business hours?', document_id: 789, lead_phone: '+1234567890' },
      requested_fields: ['question'],
      answered_fields: ['answer'],
    };
    expect(await curl('GET', `${NOTIFICATIONS}/`)).toEqual({ status: 200, body: [sample] });
    expect(await curl('GET', NOTIFICATIONS)).toEqual({ status: 200, body: [sample] });
  });

  it('lists the unanswered ones ("Get Unanswered Notifications")', async () => {
    const { status, body } = await curl('GET', `${NOTIFICATIONS}/?status=requested`);
    expect(status).toBe(200);
    expect(body.map(({ id }: { id: number }) => id)).toEqual([123]);
    expect((await curl('GET', `${NOTIFICATIONS}/?status=answered`)).body).toEqual([]);
  });

  it('creates a question ("POST /api/v1/notification/request")', async () => {
    const body = `{
    "notification_type": "user_question_request",
    "conversation_id": 456,
    "context": {
        "question": "Do you ship internationally?"
    }
}`;
    const answer = await curl('POST', `${NOTIFICATIONS}/request`, body);
    expect(answer).toEqual({ status: 200, body: { message: 'Notification requested successfully' } });
  });

  it('creates support requests ("Or for support requests", "Manually Create Support Ticket")', async () => {
    for (const reason of ['Product damaged on arrival, need refund', 'Customer wants to change delivery address']) {
      const body = `{
    "notification_type": "user_support_request",
    "conversation_id": 789,
    "context": {
        "support_request_reason": "${reason}"
    }
}`;
      const answer = await curl('POST', `${NOTIFICATIONS}/request`, body);
      expect(answer).toEqual({ status: 200, body: { message: 'Notification requested successfully' } });
    }
  });

  it('lists the support tickets only ("Get Support Tickets Only")', async () => {
    const { status, body } = await curl('GET', `${NOTIFICATIONS}/?notification_types=user_support_request`);
    expect(status).toBe(200);
    expect(body).toMatchObject([
      {
        notification_type: 'user_support_request',
        status: 'requested',
        conversation_id: 789,
        context: { support_request_reason: 'Customer wants to change delivery address' },
        requested_fields: ['support_request_reason'],
        answered_fields: ['agent_response_to_customer', 'resolution_notes'],
      },
      { context: { support_request_reason: 'Product damaged on arrival, need refund' } },
    ]);
    const both = `${NOTIFICATIONS}/?notification_types=user_support_request&notification_types=user_question_request`;
    expect((await curl('GET', both)).body).toHaveLength(4);
  });

  it('answers a question ("Answer Question from Dashboard"), once', async () => {
    const body = `{
    "answer": "Yes, we ship worldwide with 5-10 day delivery"
}`;
    const first = await curl('POST', `${NOTIFICATIONS}/123/answer`, body);
    expect(first).toEqual({ status: 200, body: { message: 'Notification answered successfully' } });
    const second = await curl('POST', `${NOTIFICATIONS}/123/answer`, body);
    expect(second).toEqual({
      status: 500,
      body: {
        error: 'ValidationError',
        message: 'This notification has already been answered and cannot be answered again.',
        detail: 'This notification has already been answered and cannot be answered again.',
        statusCode: 500,
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        path: `${NOTIFICATIONS}/123/answer`,
        requestId: expect.any(String),
      },
    });
    expect((await curl('GET', `${NOTIFICATIONS}/?status=answered`)).body).toMatchObject([
      { id: 123, status: 'answered' },
    ]);
  });

  it('answers a support request ("Or for support requests")', async () => {
    const [open] = (await curl('GET', `${NOTIFICATIONS}/?notification_types=user_support_request`)).body;
    const body = `{
    "agent_response_to_customer": "Please send your order number and we'll process the refund",
    "resolution_notes": "Customer eligible for full refund, item damaged"
}`;
    const answer = await curl('POST', `${NOTIFICATIONS}/${open.id}/answer`, body);
    expect(answer).toEqual({ status: 200, body: { message: 'Notification answered successfully' } });
    const [stored] = await herald.query('select answer from notifications where id = $1', [open.id]);
    expect(stored).toEqual({ answer: JSON.parse(body) });
  });

  it('deletes a notification ("DELETE /api/v1/notification/{notification_id}"), answered or not', async () => {
    const deleted = { status: 200, body: { message: 'Notification deleted successfully' } };
    expect(await curl('DELETE', `${NOTIFICATIONS}/123`)).toEqual(deleted);
    expect(await curl('DELETE', `${NOTIFICATIONS}/123`)).toMatchObject({
      status: 404,
      body: { error: 'NotFound', message: 'Notification not found', detail: 'Notification not found' },
    });
    const [open] = (await curl('GET', `${NOTIFICATIONS}/?status=requested`)).body;
    expect(await curl('DELETE', `${NOTIFICATIONS}/${open.id}/`)).toEqual(deleted);
  });

  it('closes every route without a good token ("401 Unauthorized: Invalid or missing JWT token")', async () => {
    const routes: [string, string, string?][] = [
      ['GET', NOTIFICATIONS],
      ['POST', `${NOTIFICATIONS}/request`, '{}'],
      ['POST', `${NOTIFICATIONS}/1/answer`, '{}'],
      ['DELETE', `${NOTIFICATIONS}/1`],
    ];
    for (const [method, path, body] of routes) {
      for (const token of ['', 'nonsense', herald.jwtOf('admin'), herald.token('unlimitedApiKey'), `${merchant()}x`]) {
        const answer = await curl(method, path, body, token);
        expect(answer).toMatchObject({
          status: 401,
          body: { error: 'Unauthorized', detail: expect.any(String) },
        });
      }
    }
  });
});

/** Texts that are promised word for word (contracts README, "Requesting an answer", "Answering"). */
describe('the documented messages', () => {
  const request = (body: object) => curl('POST', `${NOTIFICATIONS}/request`, JSON.stringify(body));
  const refused = (message: string) => ({
    status: 500,
    body: { error: 'ValidationError', message, detail: message, statusCode: 500 },
  });
  const question = {
    notification_type: 'user_question_request',
    conversation_id: 456,
    context: { question: 'Why?' },
  };

  async function aNotification(): Promise<number> {
    expect((await request(question)).status).toBe(200);
    return (await curl('GET', `${NOTIFICATIONS}/?status=requested`)).body[0].id;
  }

  it('name what is required', async () => {
    for (const field of ['notification_type', 'conversation_id', 'context']) {
      for (const value of [undefined, null, '']) {
        expect(await request({ ...question, [field]: value })).toMatchObject(refused(`${field} is required`));
      }
    }
    for (const value of [undefined, null, '', ' \u200b']) {
      expect(await request({ ...question, context: { question: value } })).toMatchObject(
        refused('question is required'),
      );
    }
  });

  it('name an unknown type, and a conversation that is unknown or foreign', async () => {
    expect(await request({ ...question, notification_type: 'nonsense' })).toMatchObject(
      refused('Invalid notification type'),
    );
    for (const conversation_id of [1, 457, 458, -1, 1.5, 2 ** 60]) {
      expect(await request({ ...question, conversation_id })).toMatchObject(refused('Conversation not found'));
    }
    expect(await request({ ...question, conversation_id: '456' })).toMatchObject(
      refused('conversation_id must be a number'),
    );
  });

  it('name the missing part of an answer, and what does not match', async () => {
    const id = await aNotification();
    const answer = (body: unknown) => curl('POST', `${NOTIFICATIONS}/${id}/answer`, JSON.stringify(body));
    const missing = 'Missing admin response content in context (expected field: answer)';
    for (const body of [{}, { answer: '' }, { answer: null }, { answer: '  \n' }, { Answer: 'x' }]) {
      expect(await answer(body)).toMatchObject(refused(missing));
    }
    const mismatch = (details: string) => refused(`Answer validation failed against JSON schema: ${details}`);
    expect(await answer({ answer: 5 })).toMatchObject(mismatch('answer must be string'));
    expect(await answer({ answer: ['x'] })).toMatchObject(mismatch('answer must be string'));
    expect(await answer({ answer: 'x', resolution_notes: 'y' })).toMatchObject(
      mismatch('must NOT have additional properties ("resolution_notes")'),
    );
    expect(await answer({ answer: 'a\u0000b' })).toMatchObject(mismatch('answer must not hold control characters'));
    expect(await answer({ answer: 'x'.repeat(50_000) })).toMatchObject(
      mismatch('answer must have at most 10000 characters'),
    );
    expect(await answer({ answer: 'x'.repeat(10_000) })).toMatchObject({ status: 200 });
  });
});
