import { readMoment } from '@herald/contracts';
import type { DeadLetterFilter } from '@herald/database';
import { z } from 'zod';
import { readOptions, uuid } from '../options.js';

/** The options that select dead letters, as typed. */
export interface SelectionOptions {
  queue?: string;
  job?: string;
  company?: string;
  correlationId?: string;
  error?: string;
  since?: string;
  until?: string;
}

const id = z.string().regex(/^[1-9]\d{0,17}$/, 'must be the id of a dead letter, a whole number');
const time = z.string().transform((text, ctx) => {
  const moment = readMoment(text);
  if (moment) return moment.ceil;
  ctx.addIssue({ code: 'custom', message: 'must be a date or time in ISO 8601, as 2026-11-22T10:00:00Z' });
  return z.NEVER;
});
const count = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be a whole number above 0')
  .transform(Number);

const Selection = z.object({
  ids: z.array(id),
  queue: z.string().optional(),
  job: z.string().optional(),
  company: uuid().optional(),
  correlationId: uuid().optional(),
  error: z.string().optional(),
  since: time.optional(),
  until: time.optional(),
  limit: count.optional(),
  cursor: id.optional(),
});

/** @throws Failure naming every option that is wrong */
export function readSelection(ids: string[], options: SelectionOptions & { limit?: string; cursor?: string }) {
  const { ids: given, company: companyId, limit, cursor, ...rest } = readOptions(Selection, { ...options, ids });
  const filter: DeadLetterFilter = { ...rest, companyId, ids: given.length > 0 ? given : undefined };
  return { filter, limit, cursor };
}
