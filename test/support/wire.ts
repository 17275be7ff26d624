import { Agent, type IncomingMessage, request } from 'node:http';
import { mustBeAsDescribed } from './checked-fetch.js';

/** A request byte by byte: any method, any path, any header that HTTP can carry, any body. */
export interface Outgoing {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface Incoming {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/**
 * HTTP over connections that stay open, without anything that a friendlier client adds or refuses. Each answer must be as
 * the OpenAPI document says.
 */
export class Wire {
  private readonly agent: Agent;

  constructor(
    private readonly url: string,
    connections = 32,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  send({ method, path, headers, body = '' }: Outgoing): Promise<Incoming> {
    const length = Buffer.byteLength(body);
    return new Promise((resolve, reject) => {
      const sent = request(
        this.url,
        { method, path, agent: this.agent, headers: { ...(length ? { 'content-length': length } : {}), ...headers } },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const status = answer.statusCode as number;
            try {
              mustBeAsDescribed({ method, url: `${this.url}${path}`, status, headers: headersOf(answer), text });
            } catch (fault) {
              return reject(fault as Error);
            }
            resolve({ status, headers: answer.headers, text });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

const headersOf = ({ rawHeaders }: IncomingMessage) =>
  new Headers(
    rawHeaders.flatMap((name, index): [string, string][] =>
      index % 2 === 0 ? [[name, rawHeaders[index + 1] as string]] : [],
    ),
  );
