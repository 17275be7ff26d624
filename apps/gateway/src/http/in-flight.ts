import type { Socket } from 'node:net';
import { tellGauge } from '@herald/bootstrap';
import { unavailable } from '@herald/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';

const OVERLOADED = 'Too many requests are in work; try again';

/** An ordinary body; one that may be as large as ten of them counts for ten requests more. */
const ORDINARY_BYTES = 64 * 1024;

/**
 * Requests in work. Above the cap a request is refused before anything is read or looked up, so that those inside are
 * answered as fast as ever, and what is held of their bodies stays bounded.
 */
export class InFlight {
  private inWork = 0;
  private readonly replies = new WeakMap<Socket, FastifyReply>();

  constructor(private readonly max: number) {
    tellGauge({ name: 'herald_http_requests_in_flight', help: 'requests in work' }, () => [{ value: this.inWork }]);
  }

  /** @throws Refusal 503 above the cap; whoever asks how the gateway is gets an answer all the same */
  enter(request: FastifyRequest, reply: FastifyReply): void {
    const { socket } = request.raw;
    this.replies.set(socket, reply);
    const weight = weightOf(request);
    // The largest one there is gets in when it is alone.
    if (weight > 0 && this.inWork > 0 && this.inWork + weight > this.max) throw unavailable(OVERLOADED);
    this.inWork += weight;
    reply.raw.once('close', () => {
      this.inWork -= weight;
      if (this.replies.get(socket) === reply) this.replies.delete(socket);
    });
  }

  /** The reply to the request that is in work on a connection. */
  on(socket: Socket): FastifyReply | undefined {
    return this.replies.get(socket);
  }
}

function weightOf({ routeOptions, headers }: FastifyRequest): number {
  if (routeOptions.url?.startsWith('/health/')) return 0;
  const chunked = headers['transfer-encoding'] !== undefined;
  const bytes = chunked ? routeOptions.bodyLimit : Number(headers['content-length'] ?? 0);
  return 1 + Math.floor(bytes / ORDINARY_BYTES);
}
