import type { FastifyReply, FastifyRequest } from 'fastify';

/** A client that sends nothing for so long has read its answer, or never will. */
const QUIET_MS = 2000;

/**
 * Lets a client that is answered and hung up on while its body arrives send the rest, which nobody reads: on a connection
 * that is closed under it, it would meet a reset instead of its answer. `REQUEST_TIMEOUT_MS` bounds all of it.
 */
export function linger({ raw: request }: FastifyRequest, reply: FastifyReply): void {
  if (request.complete || reply.getHeader('connection') !== 'close') return;
  const { socket } = request;
  // What Node calls after the answer: it closes both ways as soon as the answer is written.
  socket.destroySoon = () => {
    socket.end();
    request.once('end', () => socket.destroy());
    socket.setTimeout(QUIET_MS, () => socket.destroy());
    request.resume();
  };
}
