import { z } from 'zod';
import { anyJsonObject } from './json-object.js';
import { checkSchema } from './linear-schema.js';

const name = z.string().regex(/^[a-z][a-z0-9_]{0,49}$/, 'must be 1 to 50 of a-z, 0-9 and _, and start with a letter');

const fields = z
  .array(name)
  .min(1, 'must name a field')
  .max(20, 'must name at most 20 fields')
  .refine((names) => new Set(names).size === names.length, 'must not name a field twice');

const schema = anyJsonObject().check((ctx) => {
  const fault = checkSchema(ctx.value);
  if (fault) ctx.issues.push({ code: 'custom', message: fault, input: ctx.value });
});

/**
 * A kind of question in the registry. Its schemas are JSON Schema (draft 7) without formats, whose patterns are RE2:
 * `context_schema` for what is asked, `answer_schema` for the answer. A notification keeps the fields and the answer
 * schema it was made with.
 */
export const NotificationType = z.strictObject({
  name,
  requested_fields: fields,
  answered_fields: fields,
  context_schema: schema,
  answer_schema: schema,
  allow_multiple_answers: z.boolean().default(false),
});
export type NotificationType = z.output<typeof NotificationType>;
