import type { MessageState } from '@herald/contracts';

const UNSEEN = `status = 'unread' and seen_at is null`;
const SEEN = `status = 'unread' and seen_at is not null`;

/**
 * The received messages of each status, as ranges of partial indexes. A message is sent into one of these indexes only:
 * the others cost nothing until it is marked.
 */
export const RANGES: Record<MessageState | 'unseen', string[]> = {
  unseen: [UNSEEN],
  unread: [UNSEEN, SEEN],
  read: [`status = 'read'`],
  archived: [`status = 'archived'`],
};
