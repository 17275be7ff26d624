import { ageOfOldest, type Kept, oldest, oldestFirst } from '../messages/retention/remove-old.js';

/** Removes old messages from the feed. */
export const FEED: Kept = {
  name: 'feed messages',
  table: 'feed_messages',
  unit: 'days',
  lock: oldest('feed_messages', 'delivered_at'),
  remove: 'delete from feed_messages where id = any($1::uuid[])',
};

/** Removes messages that were read long ago. Nobody may remove one that is younger than a day. */
export const READ_FEED: Kept = {
  ...FEED,
  name: 'read feed messages',
  lock: oldestFirst('feed_messages', 'read_at', `delivered_at < now() - interval '1 day'`),
  oldest: ageOfOldest('feed_messages', 'read_at'),
};
