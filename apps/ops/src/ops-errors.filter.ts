import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from './refuse.js';

/** Turns every error of a page into a response for people or programs. */
@Catch()
export class OpsErrorsFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    void refuse(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}
