import { Refusal, type RefusalData } from '@herald/contracts';
import { isOutage } from '@herald/database';
import { HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { placeOf } from './auth/place.js';
import { errorPage } from './pages/error.page.js';
import { loginPage } from './pages/login.page.js';

const logger = new Logger('http');

/** Of a 401 that needs no words on the page to log in by. */
export const LOG_IN = 'Log in to enter';

function refusalOf(error: unknown): RefusalData {
  if (error instanceof Refusal) return error.data;
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown }).statusCode;
  if (status === 404) return { status, message: 'There is no such page' };
  if (typeof status === 'number' && status >= 400 && status < 500) return { status, message: (error as Error).message };
  if (isOutage(error)) return { status: 503, message: 'The database is away; try again' };
  return { status: 500, message: 'This went wrong; the log says why' };
}

/** What is told of an error: a page to a person, and JSON to a program. */
export function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, message, retryAfterSeconds } = refusalOf(error);
  const { method, url, opsUser: user, headers } = request;
  if (status >= 500) {
    // Its own words may quote rows and bodies.
    const where = `${method} ${request.routeOptions.url ?? '?'}`;
    logger.error({ message: `${where}: ${status}`, requestId: request.id, err: error });
  }
  if (retryAfterSeconds !== undefined) void reply.header('Retry-After', String(retryAfterSeconds));
  const forPerson = headers.accept?.includes('text/html') === true;
  // A person gets a page to log in by: the browser's own dialogue would come before it.
  if (status === 401) void reply.header('WWW-Authenticate', forPerson ? 'Cookie realm="ops"' : 'Basic realm="ops"');
  void reply.code(status);
  if (!forPerson) return reply.send({ statusCode: status, message });
  const page =
    status === 401 && !user
      ? loginPage({
          next: placeOf(method === 'GET' ? url : '/'),
          fault: message === LOG_IN ? undefined : `${message}.`,
        })
      : errorPage({ status, message, user });
  return reply.type('text/html; charset=utf-8').send(page.toString());
}
