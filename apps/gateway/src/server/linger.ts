import type { FastifyReply, FastifyRequest } from 'fastify';

/** A client that has sent nothing for this long has read its response, or never will. */
const QUIET_MS = 2000;

/**
 * Lets a client send the rest of its body, unread, after a response that closes the connection. If the connection
 * closed first, the client would see a reset instead of the response. `REQUEST_TIMEOUT_MS` bounds it.
 */
export function linger({ raw: request }: FastifyRequest, reply: FastifyReply): void {
  if (request.complete || reply.getHeader('connection') !== 'close') return;
  const { socket } = request;
  // Node calls this after the response, and by default closes both directions immediately.
  socket.destroySoon = () => {
    socket.end();
    request.once('end', () => socket.destroy());
    socket.setTimeout(QUIET_MS, () => socket.destroy());
    request.resume();
  };
}
