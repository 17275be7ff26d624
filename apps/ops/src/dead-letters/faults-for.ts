import type { SameFault } from '@herald/database';
import type { OpsUser } from '../auth/ops-users.js';
import { errorFor, jobNameFor, readsContent } from '../visibility.js';

/** Returns faults as this user may read them. Faults with the same visible text are merged. */
export function faultsFor(user: OpsUser, faults: SameFault[]): SameFault[] {
  if (readsContent(user)) return faults;
  const merged = new Map<string, SameFault>();
  for (const fault of faults) {
    const shown = { ...fault, job: jobNameFor(user, fault.job), error: errorFor(user, fault.error) };
    const key = JSON.stringify([shown.queue, shown.job, shown.error]);
    const before = merged.get(key);
    const newest = before && before.newest > shown.newest ? before.newest : shown.newest;
    merged.set(key, { ...shown, count: shown.count + (before?.count ?? 0), newest });
  }
  return [...merged.values()].toSorted((one, other) => other.count - one.count);
}
