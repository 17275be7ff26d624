import { z } from 'zod';

/** A field that is wrong and why. */
export const FieldError = z.object({ field: z.string(), message: z.string() }).meta({ id: 'FieldError' });
export type FieldError = z.output<typeof FieldError>;

/** A message of a batch that was refused. */
export const RefusedMessage = z
  .object({ error: z.string(), message: z.string(), errors: z.array(FieldError) })
  .meta({ id: 'RefusedMessage' })
  .describe('Why this message was not accepted');
export type RefusedMessage = z.output<typeof RefusedMessage>;

const facts = {
  error: z.string().describe('Name of the kind of error'),
  message: z.string(),
  statusCode: z.int(),
  timestamp: z.iso.datetime(),
  path: z.string().describe('Without the query string'),
  requestId: z.string().describe('Names the request in the log of the gateway'),
  errors: z.array(FieldError).optional().describe('Where fields are wrong'),
};
const detail = z.string().describe('The message again');

/** What every refusal looks like (contracts README, "Errors"). */
export const ErrorEnvelope = z.object(facts).meta({ id: 'Error' });
export type ErrorEnvelope = z.output<typeof ErrorEnvelope>;

/** The same on the routes of merchant answers, which repeat the message as `detail` (contracts README, "Errors"). */
export const DetailedErrorEnvelope = z.object({ ...facts, detail }).meta({ id: 'DetailedError' });
export type DetailedErrorEnvelope = z.output<typeof DetailedErrorEnvelope>;

/** The same facts as RFC 9457 has them, for who asks for `application/problem+json`. */
export const Problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    instance: z.string(),
    ...facts,
    detail,
    results: z.array(RefusedMessage).optional().describe('Of a batch without a good message: why each was refused'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.output<typeof Problem>;
