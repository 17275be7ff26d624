import { type Kept, oldest } from '../messages/retention/remove-old.js';

/** Removes old messages from the feed. */
export const FEED: Kept = {
  name: 'feed messages',
  lock: oldest('feed_messages', 'delivered_at'),
  remove: 'delete from feed_messages where id = any($1::uuid[])',
};
