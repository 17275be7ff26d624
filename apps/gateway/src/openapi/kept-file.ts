import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { quality } from '../http/accept.js';

const compress = promisify(gzip);

/** A text that is the same for everybody, compressed once: answering with it is no work, however often it is asked for. */
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

  /** Answers with the text, compressed for those who take it; with 304 for those who have it. */
  async send({ headers }: FastifyRequest, reply: FastifyReply): Promise<void> {
    void reply.headers({ 'cache-control': this.cacheControl, etag: this.etag, vary: 'Accept-Encoding' });
    if (headers['if-none-match']?.includes(this.etag)) return void (await reply.code(304).send());
    void reply.type(this.type);
    if (!takesGzip(headers['accept-encoding'])) return void (await reply.send(this.identity));
    this.zipped ??= compress(this.identity, { level: 9 });
    void reply.header('content-encoding', 'gzip');
    await reply.send(await this.zipped);
  }
}

/** Whether it is named, and not refused by `q=0`. */
const takesGzip = (accepted = '') => (quality(accepted, 'gzip') ?? 0) > 0;
