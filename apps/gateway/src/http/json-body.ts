import { isUtf8 } from 'node:buffer';
import { badRequest, Refusal } from '@herald/contracts';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** More than any route takes, and far from what overflows a stack. */
const MAX_DEPTH = 64;

const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\[]{}');

/** Looked at before it is parsed: a body of nothing but brackets takes fifty times its size as objects. */
function isTooDeep(json: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) return true;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      depth--;
    }
  }
  return false;
}

/**
 * JSON in UTF-8 is the only kind of body that is read. Bytes that are no UTF-8 are refused, not replaced: what is stored
 * is what was sent. An empty body is none, whatever its content type.
 */
export function readJsonBodies(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') return done(new Refusal({ status: 415, message: 'The body must not be compressed' }));
    if (body.length === 0) return done(null);
    if (!isUtf8(body)) return done(badRequest('The body is not UTF-8'));
    if (isTooDeep(body)) return done(badRequest(`The body must be at most ${MAX_DEPTH} levels deep`));
    // The parser answers through `done`; it returns a promise only in its type.
    void parse(request, body.toString(), done);
  });
}
