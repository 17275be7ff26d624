import type { IncomingMessage, Server } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Requests whose clients keep their bodies back until they are told to go on. */
const waiting = new WeakSet<IncomingMessage>();

/**
 * Answers `Expect: 100-continue`. A client is told to go on when somebody begins to read its body: who is refused for
 * the head of a request learns it before the body is sent.
 */
export function answerExpectations(server: Server): void {
  server.on('checkContinue', (request, response) => {
    waiting.add(request);
    request.once('resume', () => {
      // What is left of a body is read too, and thrown away, once the request is answered.
      if (response.headersSent) return;
      waiting.delete(request);
      response.writeContinue();
    });
    server.emit('request', request, response);
  });
}

/** Closes the connection of a client that was not told to go on: whether its body still comes is for the client to say. */
export function closeUnlessContinued({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (waiting.has(raw)) void reply.header('connection', 'close');
}
