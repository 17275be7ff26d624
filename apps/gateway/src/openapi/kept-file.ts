import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { quality } from '../errors/accept.js';

const compress = promisify(gzip);

/**
 * A static text that is kept in memory and compressed once. With @fastify/static and @fastify/compress, each slow reader
 * would hold an open file and a compressor.
 */
export class KeptFile {
  private readonly etag: string;
  private readonly identity: Buffer;
  private zipped?: Promise<Buffer>;

  constructor(
    private readonly type: string,
    content: string | Buffer,
    private readonly cacheControl = 'public, max-age=3600',
  ) {
    this.identity = Buffer.from(content);
    this.etag = `W/"${createHash('sha256').update(this.identity).digest('base64url').slice(0, 22)}"`;
  }

  /** Sends the text, compressed if the client accepts that, or 304 if the client has it already. */
  async send({ headers }: FastifyRequest, reply: FastifyReply): Promise<void> {
    void reply.headers({ 'cache-control': this.cacheControl, etag: this.etag, vary: 'Accept-Encoding' });
    if (headers['if-none-match']?.includes(this.etag)) return void (await reply.code(304).send());
    void reply.type(this.type);
    if (!acceptsGzip(headers['accept-encoding'])) return void (await reply.send(this.identity));
    this.zipped ??= compress(this.identity, { level: 9 });
    void reply.header('content-encoding', 'gzip');
    await reply.send(await this.zipped);
  }
}

/** Returns whether gzip is listed without `q=0`. */
const acceptsGzip = (accepted = '') => (quality(accepted, 'gzip') ?? 0) > 0;
