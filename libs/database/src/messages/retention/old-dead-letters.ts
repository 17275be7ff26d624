import type { Kept } from './remove-old.js';

/** Removes dead letters that nobody decided on. What they hold of their messages is gone for good. */
export const DEAD_LETTERS: Kept = {
  name: 'dead letters',
  table: 'dead_letters',
  unit: 'days',
  lock: 'select id from old_dead_letters($1, $2) as id',
  remove: 'select drop_dead_letters($1)',
  oldest: 'select age_of_dead_letters() as seconds',
};
