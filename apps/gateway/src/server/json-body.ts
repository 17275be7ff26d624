import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { badRequest, Refusal } from '@herald/contracts';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

/** Deeper than any route needs, and far from overflowing the stack. */
const MAX_DEPTH = 64;

/** More fields than the largest batch has: 1,000 messages, each with 100 keys of metadata and its own fields. */
const MAX_FIELDS = 200_000;
/** An empty list costs as much memory and time as a field. */
const MAX_CONTAINERS = 200_000;

const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT, COLON] = Buffer.from('"\\[]{}:');

/** Checks the shape before parsing: a body of nothing but brackets or names takes fifty times its size as objects. */
function faultOfShape(json: Buffer): string | undefined {
  let depth = 0;
  let fields = 0;
  let containers = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) return `The body must be at most ${MAX_DEPTH} levels deep`;
      if (++containers > MAX_CONTAINERS) return `The body must have at most ${MAX_CONTAINERS} lists and objects`;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      depth--;
    } else if (byte === COLON && ++fields > MAX_FIELDS) {
      return `The body must have at most ${MAX_FIELDS} fields`;
    }
  }
  return undefined;
}

const JSON_TYPE = 'application/json';

/** Returns whether a body is compressed; `identity` means that it is not (RFC 9110, 8.4.1). */
const isCompressed = ({ headers: { 'content-encoding': codings } }: FastifyRequest) =>
  codings?.split(',').some((coding) => !['', 'identity'].includes(coding.trim().toLowerCase()));

/**
 * Reads a body of another type, or without one, only far enough to know that it is not empty.
 * @throws Refusal 415 for its first byte, or when its length is announced
 */
async function refuseBytes(request: FastifyRequest, body: IncomingMessage): Promise<void> {
  // An unknown path is a 404, whatever the type of its body.
  if (request.is404) return;
  if (Number(request.headers['content-length'] ?? 0) > 0 || (await hasBytes(body))) {
    throw new Refusal({ status: 415, message: 'The body must be sent as application/json' });
  }
}

function hasBytes(body: IncomingMessage): Promise<boolean> {
  const arrived = once(body, 'data').then(() => true);
  const ended = once(body, 'end').then(() => false);
  return Promise.race([arrived, ended]).catch((error: unknown) => {
    // The body was too slow, or too large for its slot.
    if (error instanceof Refusal) throw error;
    throw badRequest('The body did not arrive');
  });
}

/**
 * Accepts only JSON in UTF-8. Invalid UTF-8 is refused, not replaced, so that what is stored is what was sent. An empty
 * body counts as none, whatever its content type.
 */
export function readJsonBodies(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  // Fastify calls no parser for a type that it cannot read. Without a type it calls the one for `*`.
  fastify.addHook('preParsing', (request, _reply, _body, next) => {
    const { headers, mediaType } = request;
    if (headers['content-type'] !== undefined && mediaType !== JSON_TYPE) delete headers['content-type'];
    next();
  });
  fastify.addContentTypeParser('*', refuseBytes);
  fastify.addContentTypeParser<Buffer>(JSON_TYPE, { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null);
    if (isCompressed(request)) return done(new Refusal({ status: 415, message: 'The body must not be compressed' }));
    if (!isUtf8(body)) return done(badRequest('The body is not UTF-8'));
    const fault = faultOfShape(body);
    if (fault) return done(badRequest(fault));
    // The parser reports through `done`; it returns a promise only in its type.
    void parse(request, body.toString(), done);
  });
}
