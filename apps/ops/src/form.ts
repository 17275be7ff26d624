import formbody from '@fastify/formbody';
import { Refusal } from '@herald/contracts';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Three times the size of our own form with a thousand ids. */
const MAX_FORM_BYTES = 64 * 1024;

/** Adds the parser for the forms of the pages. */
export async function readForms(server: FastifyInstance): Promise<void> {
  await server.register(formbody, {
    bodyLimit: MAX_FORM_BYTES,
    parser: (text) => ({ fields: new URLSearchParams(text) }),
  });
}

/** The submitted form, as `URLSearchParams`. */
export const Form = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { body } = context.switchToHttp().getRequest<FastifyRequest<{ Body?: { fields?: unknown } }>>();
  if (body?.fields instanceof URLSearchParams) return body.fields;
  throw new Refusal({ status: 415, message: 'The body must be sent as application/x-www-form-urlencoded' });
});
