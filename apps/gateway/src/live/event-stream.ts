import { once } from 'node:events';
import { type Position, writePosition } from '@herald/database';
import type { FastifyReply } from 'fastify';

/** Event bytes that may wait for a reader; one that is further behind is cut off, and resumes by its last id. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** Writes an event: its name, its JSON, and the position up to which its reader has then seen everything. */
export function writeEvent(event: string, data: unknown, position?: Position): string {
  const id = position ? `id: ${writePosition(position)}\n` : '';
  return `event: ${event}\n${id}data: ${JSON.stringify(data)}\n\n`;
}

/**
 * Writes a comment, which readers ignore, so that nothing between takes the connection for dead, and a position, so that
 * a reader for whom nothing came has little to look through when it comes again.
 */
export const writeBeat = (position?: Position): string => `: \n${position ? `id: ${writePosition(position)}\n` : ''}\n`;

/** A response of server-sent events, as the HTML standard defines them. */
export class EventStream {
  private ended = false;

  constructor(private readonly reply: FastifyReply) {}

  /** Takes the connection over from Fastify and sends the head of the response. */
  start(): void {
    const { reply } = this;
    reply.hijack();
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // nginx and its relatives would otherwise collect the events.
      'x-accel-buffering': 'no',
    });
    reply.raw.flushHeaders();
  }

  /** @returns false when the reader is too far behind, and was cut off */
  send(events: string): boolean {
    const { raw } = this.reply;
    if (this.ended || raw.destroyed) return true;
    if (raw.writableLength > MAX_UNREAD_BYTES) {
      this.ended = true;
      raw.destroy();
      return false;
    }
    raw.write(events);
    return true;
  }

  /** Resolves when the reader has taken what was sent, or is gone. */
  async drained(): Promise<void> {
    const { raw } = this.reply;
    if (!raw.writableNeedDrain || raw.destroyed) return;
    const gone = new AbortController();
    raw.once('close', () => gone.abort());
    await once(raw, 'drain', { signal: gone.signal }).catch(() => undefined);
  }

  /** Ends the response; a reader opens a new stream after `retryMs`. */
  end(retryMs?: number): void {
    if (this.ended) return;
    if (retryMs !== undefined) this.send(`retry: ${retryMs}\n\n`);
    this.ended = true;
    this.reply.raw.end();
  }
}
