import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger, Outcome } from '../ledger.js';

export interface Reply {
  status: number;
  headers: Headers;
  body: any;
}

/** A call that no gateway answered; `sent` when one may have got it. */
export class NoAnswer extends Error {
  constructor(
    readonly sent: boolean,
    reason: string,
  ) {
    super(reason);
  }
}

export interface Call {
  method: string;
  path: string;
  token: string;
  body?: unknown;
  key?: string;
}

const CALL_TIMEOUT_MS = 12_000;
const RETRY_MS = 150;

/** A client of the gateways, as a careful program is one: tries another when one is away, retries only what is safe. */
export class Caller {
  private turn = 0;
  /** Given to every call that is still under way when the load is over. */
  private readonly over = new AbortController();

  constructor(private readonly urls: string[]) {}

  /** One attempt. A gateway that refuses the connection did not get it, so the next one is asked. */
  async call({ method, path, token, body, key }: Call): Promise<Reply> {
    let refused = '';
    for (let tries = 0; tries < this.urls.length; tries++) {
      const url = `${this.urls[this.turn++ % this.urls.length]}${path}`;
      try {
        const response = await fetch(url, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(key ? { 'idempotency-key': key } : {}),
          },
          body: body === undefined ? undefined : JSON.stringify(body),
          signal: AbortSignal.any([AbortSignal.timeout(CALL_TIMEOUT_MS), this.over.signal]),
        });
        const text = await response.text();
        return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
      } catch (error) {
        refused = reasonOf(error);
        if (refused !== 'ECONNREFUSED') throw new NoAnswer(true, refused);
      }
    }
    throw new NoAnswer(false, refused);
  }

  /** Tries until a gateway says what became of it; with a key, so that it is done once. */
  async insist(call: Call, untilMs = 120_000): Promise<Reply> {
    const deadline = Date.now() + untilMs;
    for (;;) {
      const reply = await this.call(call).catch((error: unknown) => {
        if (error instanceof NoAnswer) return undefined;
        throw error;
      });
      if (reply && reply.status !== 503 && reply.status !== 504) return reply;
      if (Date.now() > deadline || this.over.signal.aborted) throw new NoAnswer(true, `still ${reply?.status}`);
      await sleep(RETRY_MS);
    }
  }

  /**
   * Sends and notes the outcome of one operation. With a key it insists. Without one it is sent once, and what was
   * neither done nor refused is unknown: also a 503 or 504, which do not say that nothing was done.
   */
  async settle(ledger: Ledger, serial: string, call: Call, keyed: boolean): Promise<Reply | undefined> {
    try {
      const reply = await (keyed ? this.insist({ ...call, key: randomUUID() }) : this.call(call));
      const outcome = outcomeOf(reply);
      const id = reply.body?.correlationId ?? reply.headers.get('x-correlation-id') ?? undefined;
      const reason = outcome === 'acked' ? undefined : `${reply.status} ${reply.body?.message}`;
      await ledger.settle(serial, outcome, { id, verdict: outcome === 'acked' ? reply.body : undefined, reason });
      return reply;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      await ledger.settle(serial, error.sent ? 'unknown' : 'refused', { reason: error.message });
      return undefined;
    }
  }

  end(): void {
    this.over.abort();
  }
}

/** A client's mistake with status 500 has the name of one (contracts README, "Refusals of merchant answers"). */
function outcomeOf({ status, body }: Reply): Outcome {
  if (status < 300) return 'acked';
  return status < 500 || body?.error === 'ValidationError' ? 'refused' : 'unknown';
}

function reasonOf(error: unknown): string {
  const { name, cause } = error as Error & { cause?: { code?: string; errors?: { code?: string }[] } };
  return cause?.code ?? cause?.errors?.[0]?.code ?? name;
}
