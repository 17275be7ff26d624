import { createHash } from 'node:crypto';
import { validate as isUuid } from 'uuid';

/** Returns true for an id of Herald or BullMQ. An id that a producer chose may be personal, like a telephone number. */
export const isGeneratedId = (id: string): boolean => isUuid(id) || /^\d{1,7}$/.test(id);

const hashed = (id: string) => createHash('sha256').update(id).digest('hex');

/** Returns a job's id for a log. If it may be personal, the start of its hash, which is enough to find the job. */
export const loggedId = (id = ''): string => (isGeneratedId(id) ? id : `sha256:${hashed(id).slice(0, 8)}`);

/** Returns an id that is unique and can be stored: a long id, or one with other than printable ASCII, is hashed. */
export const storableId = (id: string): string => (/^[ -~]{0,200}$/.test(id) ? id : hashed(id));
