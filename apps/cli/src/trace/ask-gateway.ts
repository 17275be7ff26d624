import { check, MessageTrace } from '@herald/contracts';
import { Failure, sentence } from '@herald/operator';

const TIMEOUT_MS = 10_000;

/**
 * Fetches the trace of a message from a gateway. Returns nothing unless the message belongs to the company of the key.
 * @throws Failure when the gateway refuses, does not respond, or sends an unexpected response
 */
export async function askGateway(
  gateway: string,
  token: string | undefined,
  correlationId: string,
): Promise<MessageTrace[]> {
  if (!token) throw new Failure('A gateway needs --token (or HERALD_TOKEN): a key with the scope messages:read.');
  const url = `${gateway.replace(/\/+$/, '')}/v1/messages/${correlationId}`;
  const response = await get(url, token).catch((error: Error) => {
    throw new Failure(`The gateway at ${gateway} does not answer: ${sentence(error.cause ?? error)}`, { cause: error });
  });
  if (response.status === 404) return [];
  if (response.status !== 200) throw new Failure(`The gateway says ${response.status}: ${messageIn(response.body)}`);
  const { value } = check(MessageTrace, response.body);
  if (!value) throw new Failure(`The server at ${gateway} is not a gateway of this version.`);
  return [value];
}

async function get(url: string, token: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) as unknown };
  } catch {
    return { status: response.status, body: undefined };
  }
}

/** Returns the message of an error envelope. */
function messageIn(body: unknown): string {
  const { message } = Object(body) as { message?: unknown };
  return typeof message === 'string' ? message : 'an unexpected response';
}
