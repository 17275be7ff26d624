import { randomUUID } from 'node:crypto';
import { checkedFetch } from './checked-fetch.js';

export interface Answer<Body = any> {
  status: number;
  headers: Headers;
  body: Body;
}

/** One HTTP call, whose answer must be as the OpenAPI document says; its body is parsed. `token` goes where API keys and JWTs may go: Authorization. */
export async function call<Body = any>(
  method: string,
  url: string,
  { token, body, headers }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer<Body>> {
  const response = await checkedFetch(url, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
}

/** A good message from admin to dmurta; a test names only what matters to it. */
export function aMessage({ metadata = {}, ...message }: Record<string, unknown> = {}) {
  return {
    message: {
      title: 'Teste',
      body: 'Conteúdo da notificação',
      authorLogin: 'admin',
      recipientLogin: 'dmurta',
      ...message,
    },
    metadata,
  };
}

/** A login that nobody else in the test file writes to. */
export const aLogin = () => `login-${randomUUID().slice(0, 8)}`;
