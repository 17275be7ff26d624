import { type Readable, Transform, type TransformCallback } from 'node:stream';
import { badRequest } from '@herald/contracts';
import type { FastifyRequest } from 'fastify';
import { BodyPace, type PaceSettings } from './body-pace.js';
import type { Slot } from './slot.js';

/** Each further 64 KiB of a body counts as one more request. */
const ORDINARY_BYTES = 64 * 1024;

/** Passes a body on, and raises the weight of its slot as it arrives. */
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
 * Returns the body for the route to read, watched while it arrives. A body that came with the request's head is not
 * watched.
 * @throws Refusal 400 when the client has gone: a body that broke off before it is read never ends
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
