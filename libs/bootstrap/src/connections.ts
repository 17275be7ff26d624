import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Response bytes that may be buffered in this process until clients read them. */
const MAX_UNREAD_BYTES = 128 * 1024 * 1024;
const CHECK_EVERY_MS = 1000;

/** Timeouts of a server with few clients. By default Fastify waits for a request forever. */
export const PRIVATE_SERVER = {
  requestTimeout: 30_000,
  /** Longer than any work behind these servers takes. */
  connectionTimeout: 90_000,
  keepAliveTimeout: 72_000,
  http: { headersTimeout: 10_000, connectionsCheckingInterval: CHECK_EVERY_MS },
};
/** Maximum number of connections of such a server. */
export const PRIVATE_CONNECTIONS = 1000;

/**
 * Limits the number of connections of a server, and the unread response bytes on them. At the limit, a new connection
 * replaces the one that has been idle longest, or else the one that has been reading its response longest, so that no
 * client can occupy them all. If too many bytes are unread, the connections with the most unread bytes are closed.
 */
export function limitConnections(server: Server, max: number): void {
  /**
   * The most recently used connections last. The responses are not the map's own values: what its grown tables leave
   * behind would keep them in memory, with all of their requests, until the next full collection.
   */
  const open = new Map<Socket, { response?: ServerResponse }>();

  server.on('connection', (socket) => {
    if (open.size >= max && !closeOne(isIdle) && !closeOne(isReading)) return void socket.destroy();
    open.set(socket, {});
    socket.once('close', () => open.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const latest = open.get(socket);
    if (!latest) return;
    latest.response = response;
    response.once('finish', () => {
      if (latest.response === response) latest.response = undefined;
    });
    open.delete(socket);
    open.set(socket, latest);
  });
  const timer = setInterval(closeUnread, CHECK_EVERY_MS).unref();
  server.once('close', () => clearInterval(timer));

  function closeOne(mayClose: (response?: ServerResponse) => boolean): boolean {
    for (const [socket, { response }] of open) {
      if (!mayClose(response)) continue;
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

const isIdle = (response?: ServerResponse): boolean => response === undefined;

/** The work is done; only the client is missing. */
const isReading = (response?: ServerResponse): boolean => response?.writableEnded === true;
