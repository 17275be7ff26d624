import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

/**
 * A service that is told to stop goes on for a while: load balancers and clients need some time to learn of it. Meanwhile it
 * is not ready, and each answer closes its connection, so that hardly a request meets one that is closed under it.
 */
@Injectable()
export class Drain {
  private begun = false;

  get isOn(): boolean {
    return this.begun;
  }

  /** Before the server has routes, for which hooks hold. As a request comes, so that whoever sends its answer knows. */
  closeConnectionsOf(server: FastifyInstance): void {
    server.addHook('onRequest', (_request, reply, next) => {
      if (this.begun) void reply.header('connection', 'close');
      next();
    });
  }

  async run(ms: number): Promise<void> {
    if (ms === 0) return;
    this.begun = true;
    await delay(ms);
  }
}
