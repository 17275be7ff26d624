import { Refusal } from '@herald/contracts';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** A form of ours with a thousand ids is a third of it. */
const MAX_FORM_BYTES = 64 * 1024;

/** Lets a service read what the forms of its pages send. */
export function readForms(server: FastifyInstance): void {
  const options = { parseAs: 'string', bodyLimit: MAX_FORM_BYTES } as const;
  server.addContentTypeParser<string>('application/x-www-form-urlencoded', options, (_request, body, done) =>
    done(null, new URLSearchParams(body)),
  );
}

/** What a form sent, as `URLSearchParams`. */
export const Form = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { body } = context.switchToHttp().getRequest<FastifyRequest>();
  if (body instanceof URLSearchParams) return body;
  throw new Refusal({ status: 415, message: 'This takes what a form sends: application/x-www-form-urlencoded' });
});
