import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Bytes of answers that may wait in this process until their clients take them. */
const MAX_UNREAD_BYTES = 128 * 1024 * 1024;
const LOOK_EVERY_MS = 1000;

/** Time-outs of a server for few clients; Fastify's own default waits for a request without end. */
export const PRIVATE_SERVER = {
  requestTimeout: 30_000,
  /** Longer than any work behind these servers takes. */
  connectionTimeout: 90_000,
  keepAliveTimeout: 72_000,
  http: { headersTimeout: 10_000, connectionsCheckingInterval: LOOK_EVERY_MS },
};
/** Connections of such a server. */
export const PRIVATE_CONNECTIONS = 1000;

/**
 * Bounds how many connections a server has, and how much waits to be read on them. Whoever comes when there are too many
 * takes the place of the one that was idle for longest, so that nobody can take them all by holding them. When too much
 * waits to be read, those are closed that leave most of it.
 */
export function boundConnections(server: Server, max: number): void {
  /** The one that was used last stands last, with its latest answer. */
  const open = new Map<Socket, ServerResponse | undefined>();

  server.on('connection', (socket) => {
    if (open.size >= max && !closeIdle()) return void socket.destroy();
    open.set(socket, undefined);
    socket.once('close', () => open.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    if (open.delete(socket)) open.set(socket, response);
  });
  const timer = setInterval(closeUnread, LOOK_EVERY_MS).unref();
  server.once('close', () => clearInterval(timer));

  function closeIdle(): boolean {
    for (const [socket, response] of open) {
      if (response && !response.writableFinished) continue;
      open.delete(socket);
      socket.destroy();
      return true;
    }
    return false;
  }

  function closeUnread(): void {
    let unread = 0;
    for (const socket of open.keys()) unread += socket.writableLength;
    if (unread <= MAX_UNREAD_BYTES) return;
    const mostFirst = [...open.keys()].sort((a, b) => b.writableLength - a.writableLength);
    for (const socket of mostFirst) {
      if (unread <= MAX_UNREAD_BYTES) break;
      unread -= socket.writableLength;
      socket.destroy();
    }
  }
}
