import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { badRequest, Refusal } from '@herald/contracts';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

/** More than any route takes, and far from what overflows a stack. */
const MAX_DEPTH = 64;

/** More than the largest batch has: 1,000 messages, each with 100 keys of metadata and its own fields. */
const MAX_FIELDS = 200_000;

const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT, COLON] = Buffer.from('"\\[]{}:');

/** Looked at before it is parsed: a body of nothing but brackets or names takes fifty times its size as objects. */
function faultOfShape(json: Buffer): string | undefined {
  let depth = 0;
  let fields = 0;
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
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      depth--;
    } else if (byte === COLON && ++fields > MAX_FIELDS) {
      return `The body must have at most ${MAX_FIELDS} fields`;
    }
  }
  return undefined;
}

const JSON_TYPE = 'application/json';

/** Whether a body is compressed: `identity` is a name for not being so (RFC 9110, 8.4.1). */
const isCompressed = ({ headers: { 'content-encoding': codings = '' } }: FastifyRequest) =>
  codings.split(',').some((coding) => !['', 'identity'].includes(coding.trim().toLowerCase()));

/**
 * Reads a body of another type, or of none, as far as to know that there is one.
 * @throws Refusal 415 for the first byte, or for its announcement
 */
async function refuseBytes(request: FastifyRequest, body: IncomingMessage): Promise<void> {
  // Of a path that nobody has, no type is better than another.
  if (request.is404) return;
  if (Number(request.headers['content-length'] ?? 0) > 0 || (await hasBytes(body))) {
    throw new Refusal({ status: 415, message: 'The body must be sent as application/json' });
  }
}

function hasBytes(body: IncomingMessage): Promise<boolean> {
  const came = once(body, 'data').then(() => true);
  const ended = once(body, 'end').then(() => false);
  return Promise.race([came, ended]).catch((error: unknown) => {
    // Too slow, or too much at once.
    if (error instanceof Refusal) throw error;
    throw badRequest('The body did not arrive');
  });
}

/**
 * JSON in UTF-8 is the only kind of body that is read. Bytes that are no UTF-8 are refused, not replaced: what is stored
 * is what was sent. An empty body is none, whatever its content type.
 */
export function readJsonBodies(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  // Fastify asks nobody about a type that it cannot read; without one it asks the parser of all the rest.
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
    // The parser answers through `done`; it returns a promise only in its type.
    void parse(request, body.toString(), done);
  });
}
