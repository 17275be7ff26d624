import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { aMessage } from '../../support/client.js';

/** A call of an honest client. */
interface Call {
  method: string;
  path: string;
  token?: string;
  body?: unknown;
}

interface Outcome {
  status: number;
  ms: number;
}

/** The loops of a client, each with its pause between calls. */
const LOOPS = 4;
const PAUSE_MS = 20;

/** A well-behaved client with keep-alive connections, during an attack. */
export class HonestClient {
  private readonly agent = new Agent({ keepAlive: true });
  readonly outcomes: Outcome[] = [];
  private loops: Promise<void>[] = [];
  private isOn = false;

  constructor(
    private readonly url: string,
    private readonly calls: Call[],
  ) {}

  static of(url: string, credential: string, jwt: string): HonestClient {
    return new HonestClient(url, [
      { method: 'POST', path: '/v1/feed/ai', token: credential, body: aMessage() },
      { method: 'GET', path: '/v1/feed/unread-count', token: jwt },
    ]);
  }

  begin(): void {
    this.isOn = true;
    this.loops = Array.from({ length: LOOPS }, async () => {
      for (let n = 0; this.isOn; n++) {
        this.outcomes.push(await this.ask(n));
        await sleep(PAUSE_MS);
      }
    });
  }

  /** @returns what it met since it began */
  async stop(): Promise<{ p99: number; failed: number[]; asked: number }> {
    this.isOn = false;
    await Promise.all(this.loops);
    const met = this.outcomes.splice(0);
    const sorted = met.map(({ ms }) => ms).sort((a, b) => a - b);
    return {
      p99: sorted[Math.floor(sorted.length * 0.99)] as number,
      failed: met.map(({ status }) => status).filter((status) => status >= 300 || status === 0),
      asked: met.length,
    };
  }

  /** One call; 0 when there is no answer. */
  ask(n = 0): Promise<Outcome> {
    const { method, path, token, body } = this.calls[n % this.calls.length] as Call;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const begun = performance.now();
    return new Promise((resolve) => {
      const settle = (status: number) => resolve({ status, ms: performance.now() - begun });
      const sent = request(
        `${this.url}${path}`,
        {
          method,
          agent: this.agent,
          headers: {
            ...(token && { authorization: `Bearer ${token}` }),
            ...(text && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          },
          timeout: 20_000,
        },
        (answer) => answer.resume().on('end', () => settle(answer.statusCode as number)),
      );
      sent.on('timeout', () => sent.destroy());
      sent.on('error', () => settle(0));
      sent.end(text);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
