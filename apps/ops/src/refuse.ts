import { Refusal, type RefusalData } from '@herald/contracts';
import { isOutage } from '@herald/database';
import { HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { safeRedirect } from './auth/safe-redirect.js';
import { errorPage } from './pages/error.page.js';
import { loginPage } from './pages/login.page.js';

const logger = new Logger('http');

/** The message of a 401 that the login page does not show. */
export const LOG_IN = 'Log in to continue';

function refusalOf(error: unknown): RefusalData {
  if (error instanceof Refusal) return error.data;
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown }).statusCode;
  if (status === 404) return { status, message: 'Page not found' };
  if (typeof status === 'number' && status >= 400 && status < 500) return { status, message: (error as Error).message };
  if (isOutage(error)) return { status: 503, message: 'The database is away; try again' };
  return { status: 500, message: 'Something went wrong; see the log' };
}

/** Sends the response for an error: a page for people, JSON for programs. */
export function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, message, retryAfterSeconds } = refusalOf(error);
  const { method, url, opsUser: user, headers } = request;
  if (status >= 500) {
    // The error's own message may quote rows and bodies.
    const where = `${method} ${request.routeOptions.url ?? '?'}`;
    logger.error({ message: `${where}: ${status}`, requestId: request.id, err: error });
  }
  if (retryAfterSeconds !== undefined) void reply.header('Retry-After', String(retryAfterSeconds));
  const forPerson = headers.accept?.includes('text/html') === true;
  // With `Basic`, a browser would show its own dialogue before the login page.
  if (status === 401) void reply.header('WWW-Authenticate', forPerson ? 'Cookie realm="ops"' : 'Basic realm="ops"');
  void reply.code(status);
  // The route may have set the type of its page already.
  if (!forPerson) return reply.type('application/json; charset=utf-8').send({ statusCode: status, message });
  const page =
    status === 401 && !user
      ? loginPage({
          next: safeRedirect(method === 'GET' ? url : '/'),
          fault: message === LOG_IN ? undefined : `${message}.`,
        })
      : errorPage({ status, message, user });
  return reply.type('text/html; charset=utf-8').send(page.toString());
}
