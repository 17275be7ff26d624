import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

/**
 * The time in which a stopping service continues to respond, because load balancers and clients need time to notice.
 * Meanwhile it is not ready, and each response closes its connection, so that few requests meet a closing connection.
 */
@Injectable()
export class Drain {
  private begun = false;

  get isOn(): boolean {
    return this.begun;
  }

  /**
   * Call this before routes are added: hooks apply only to later routes. The header is set when a request arrives, so
   * that it is present whichever code sends the response.
   */
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
