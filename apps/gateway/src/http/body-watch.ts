import { type Readable, Transform, type TransformCallback } from 'node:stream';
import { badRequest } from '@herald/contracts';
import type { FastifyRequest } from 'fastify';
import { BodyPace, type PaceSettings } from './body-pace.js';
import type { Slot } from './slot.js';

/** An ordinary body; one that is ten times as large counts for ten requests more. */
const ORDINARY_BYTES = 64 * 1024;

/** A body that weighs more the more of it has arrived. */
class WeighedBody extends Transform {
  private bytes = 0;

  constructor(private readonly slot: Slot) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    try {
      this.slot.growTo(1 + Math.floor(this.bytes / ORDINARY_BYTES));
      done(null, chunk);
    } catch (error) {
      done(error as Error);
    }
  }
}

/**
 * The body as the route is to read it, watched while it arrives. Small ones came with their heads and need no watch.
 * @throws Refusal 400 when its client is gone already: a body that broke off before it is read never ends
 */
export function watchBody(request: FastifyRequest, body: Readable, settings: PaceSettings): Readable {
  const { slot, raw, headers, routeOptions } = request;
  if (raw.destroyed) throw badRequest('The request broke off');
  const announced = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Infinity;
  if (!slot || raw.complete || announced === 0) return body;
  const large = Math.min(announced, routeOptions.bodyLimit) > ORDINARY_BYTES;
  const read = large ? body.pipe(new WeighedBody(slot)) : body;
  if (large) body.once('error', (error) => read.destroy(error));
  slot.pace = new BodyPace(request, read, settings);
  return read;
}
