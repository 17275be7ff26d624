import { z } from 'zod';

const MIN_LENGTH = 32;

/** The secrets that sign sessions: one, or the new and the previous one during a rotation. The first one signs. */
export const sessionSecrets = z
  .string({ error: `must be set: ${MIN_LENGTH} random characters or more, as \`openssl rand -hex 32\` prints them` })
  .transform((text) => text.split(/[\s,]+/).filter(Boolean))
  .refine((secrets) => secrets.length === 1 || secrets.length === 2, {
    error: 'must be one secret, or the new and the previous one',
  })
  .refine((secrets) => secrets.every(({ length }) => length >= MIN_LENGTH), {
    error: `must have at least ${MIN_LENGTH} characters`,
  });
