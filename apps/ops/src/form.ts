import { Refusal } from '@herald/contracts';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Three times the size of our own form with a thousand ids. */
const MAX_FORM_BYTES = 64 * 1024;

/** Adds the parser for the forms of the pages. */
export function readForms(server: FastifyInstance): void {
  const options = { parseAs: 'string', bodyLimit: MAX_FORM_BYTES } as const;
  server.addContentTypeParser<string>('application/x-www-form-urlencoded', options, (_request, body, done) =>
    done(null, new URLSearchParams(body)),
  );
}

/** The submitted form, as `URLSearchParams`. */
export const Form = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { body } = context.switchToHttp().getRequest<FastifyRequest>();
  if (body instanceof URLSearchParams) return body;
  throw new Refusal({ status: 415, message: 'This takes what a form sends: application/x-www-form-urlencoded' });
});
