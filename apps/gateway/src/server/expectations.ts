import type { IncomingMessage, Server } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Requests whose clients have not been told to continue yet. */
const notContinued = new WeakSet<IncomingMessage>();

/**
 * Handles `Expect: 100-continue`. A client is told to continue only when its body begins to be read, so that a request
 * refused by its head is refused before the body is sent.
 */
export function handleExpectations(server: Server): void {
  server.on('checkContinue', (request, response) => {
    // Node looks for it anywhere in the header.
    if (!/^100-continue$/i.test(request.headers.expect as string)) {
      return void server.emit('checkExpectation', request, response);
    }
    notContinued.add(request);
    request.once('resume', () => {
      // Node also reads and discards the rest of a body after the response.
      if (response.headersSent) return;
      notContinued.delete(request);
      response.writeContinue();
    });
    server.emit('request', request, response);
  });
}

/** Closes the connection of a client that was not told to continue, because it may still send its body. */
export function closeUnlessContinued({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (notContinued.has(raw)) void reply.header('connection', 'close');
}
