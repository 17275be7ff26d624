import type { Socket } from 'node:net';
import { tellGauge } from '@herald/bootstrap';
import { unavailable } from '@herald/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';

const OVERLOADED = 'Too many requests are in work; try again';

/**
 * Requests in work. Above the cap a request is refused before anything is read or looked up, so that those inside are
 * answered as fast as ever.
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
    const counts = !request.routeOptions.url?.startsWith('/health/');
    if (counts && this.inWork >= this.max) throw unavailable(OVERLOADED);
    if (counts) this.inWork++;
    reply.raw.once('close', () => {
      if (counts) this.inWork--;
      if (this.replies.get(socket) === reply) this.replies.delete(socket);
    });
  }

  /** The reply to the request that is in work on a connection. */
  on(socket: Socket): FastifyReply | undefined {
    return this.replies.get(socket);
  }
}
