import { check, MessageTrace } from '@herald/contracts';
import { Failure, sentence } from '../failure.js';

const PATIENCE_MS = 10_000;

/**
 * What a gateway tells of a message: nothing unless it is one of the company whose key the token is.
 * @throws Failure when it refuses, or does not answer as a gateway does
 */
export async function askGateway(
  gateway: string,
  token: string | undefined,
  correlationId: string,
): Promise<MessageTrace[]> {
  if (!token) throw new Failure('A gateway needs --token (or HERALD_TOKEN): a key with the scope messages:read.');
  const url = `${gateway.replace(/\/+$/, '')}/v1/messages/${correlationId}`;
  const answer = await ask(url, token).catch((error: Error) => {
    throw new Failure(`The gateway at ${gateway} does not answer: ${sentence(error.cause ?? error)}`, { cause: error });
  });
  if (answer.status === 404) return [];
  if (answer.status !== 200) throw new Failure(`The gateway says ${answer.status}: ${saying(answer.body)}`);
  const { value } = check(MessageTrace, answer.body);
  if (!value) throw new Failure(`What answers at ${gateway} is no gateway of this version.`);
  return [value];
}

async function ask(url: string, token: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) as unknown };
  } catch {
    return { status: response.status, body: undefined };
  }
}

/** The sentence of an error envelope. */
function saying(body: unknown): string {
  const { message } = Object(body) as { message?: unknown };
  return typeof message === 'string' ? message : 'nothing that a gateway would';
}
