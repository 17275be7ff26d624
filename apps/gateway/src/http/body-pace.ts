import type { Readable } from 'node:stream';
import { Refusal } from '@herald/contracts';
import type { FastifyRequest } from 'fastify';

const TOO_SLOW = 'The body arrives too slowly';

/** How fast a body must arrive. */
export interface PaceSettings {
  minBytesPerSecond: number;
  /** How long nothing at all may arrive. */
  graceMs: number;
}

/**
 * Watches how fast a body arrives. What came faster than it must is no credit: a sender that stops is given up however
 * much it sent before.
 */
export class BodyPace {
  private owedMs = 0;
  private lookedAt = performance.now();
  private seen: number;

  constructor(
    private readonly request: FastifyRequest,
    private readonly body: Readable,
    private readonly settings: PaceSettings,
  ) {
    this.seen = request.raw.socket.bytesRead;
  }

  /** Ends the body with a Refusal 408 when its sender is too slow. */
  look(now: number): void {
    const { minBytesPerSecond, graceMs } = this.settings;
    const { socket, complete } = this.request.raw;
    const arrivedMs = ((socket.bytesRead - this.seen) / minBytesPerSecond) * 1000;
    this.owedMs = Math.max(0, this.owedMs + now - this.lookedAt - arrivedMs);
    this.lookedAt = now;
    this.seen = socket.bytesRead;
    // Nobody reads the body of what is answered.
    if (complete || this.owedMs <= graceMs || this.body.listenerCount('data') === 0) return;
    const refusal = new Refusal({ status: 408, message: TOO_SLOW });
    // The request itself, destroyed, would close the connection without an answer.
    if (this.body === this.request.raw) this.body.emit('error', refusal);
    else this.body.destroy(refusal);
  }
}
