import { ageOfOldest, type Kept, oldestFirst } from '../messages/retention/remove-old.js';

/** Every end of a question changes its row, and nothing but another answer changes it afterwards. */
const ENDED_AT = 'updated_at';
const HAS_ENDED = `status <> 'requested'`;

/** Removes the ids of questions that were deleted long ago. */
export const DELETED_QUESTIONS: Kept = {
  name: 'deleted questions',
  table: 'deleted_notifications',
  unit: 'days',
  isRoutine: true,
  lock: oldestFirst('deleted_notifications', 'ended_at', 'true'),
  remove: 'delete from deleted_notifications where id = any($1::bigint[])',
  oldest: ageOfOldest('deleted_notifications', 'ended_at'),
};

/** Removes questions that ended long ago. Open ones stay. */
export const ENDED_QUESTIONS: Kept = {
  name: 'ended questions',
  table: 'notifications',
  unit: 'days',
  lock: oldestFirst('notifications', ENDED_AT, HAS_ENDED),
  remove: 'delete from notifications where id = any($1::bigint[])',
  oldest: ageOfOldest(`notifications where ${HAS_ENDED}`, ENDED_AT),
};
