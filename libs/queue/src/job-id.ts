import { createHash } from 'node:crypto';
import { validate as isUuid } from 'uuid';

/** True for an id that Herald or BullMQ gave; one that a producer chose may be a telephone number. */
export const saysNothing = (id: string): boolean => isUuid(id) || /^\d{1,7}$/.test(id);

const hashed = (id: string) => createHash('sha256').update(id).digest('hex');

/** A job's id as a log may keep it. Of one that may say something, the start of its hash: enough to find the job by. */
export const loggedId = (id = ''): string => (saysNothing(id) ? id : `sha256:${hashed(id).slice(0, 8)}`);

/** An id that others may tell from every other and store: what is long or odd is hashed. */
export const storableId = (id: string): string => (/^[ -~]{0,200}$/.test(id) ? id : hashed(id));
