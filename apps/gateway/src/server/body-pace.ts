import type { Readable } from 'node:stream';
import { Refusal } from '@herald/contracts';
import type { FastifyRequest } from 'fastify';

const TOO_SLOW = 'The body arrives too slowly';

/** Limits on how slowly a body may arrive. */
export interface PaceSettings {
  minBytesPerSecond: number;
  /** Longest time without any data. */
  graceMs: number;
}

/**
 * Watches how fast a body arrives. Data that came early earns no credit: a sender that stops is refused however much it
 * sent before.
 */
export class BodyPace {
  private behindMs = 0;
  private checkedAt = performance.now();
  private bytesBefore: number;

  constructor(
    private readonly request: FastifyRequest,
    private readonly body: Readable,
    private readonly settings: PaceSettings,
  ) {
    this.bytesBefore = request.raw.socket.bytesRead;
  }

  /** Ends the body with a Refusal 408 when its sender is too slow. */
  check(now: number): void {
    const { minBytesPerSecond, graceMs } = this.settings;
    const { socket, complete } = this.request.raw;
    const arrivedMs = ((socket.bytesRead - this.bytesBefore) / minBytesPerSecond) * 1000;
    this.behindMs = Math.max(0, this.behindMs + now - this.checkedAt - arrivedMs);
    this.checkedAt = now;
    this.bytesBefore = socket.bytesRead;
    // Once the request is answered, nothing reads its body.
    if (complete || this.behindMs <= graceMs || this.body.listenerCount('data') === 0) return;
    const refusal = new Refusal({ status: 408, message: TOO_SLOW });
    // Destroying the request itself would close the connection without a response.
    if (this.body === this.request.raw) this.body.emit('error', refusal);
    else this.body.destroy(refusal);
  }
}
