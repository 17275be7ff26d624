import { audience } from '@herald/contracts';
import {
  type ActionFilters,
  type ChangedAction,
  Database,
  isLogPositionTooOld,
  readActionChanges,
} from '@herald/database';
import { Injectable } from '@nestjs/common';
import type { Source } from '../live/source.js';

/** The filters of the list that look at the action itself. */
export type StreamFilters = Omit<ActionFilters, 'user_id' | 'start_date' | 'end_date'>;

/** The stream of the log: each action that was recorded or changed. */
@Injectable()
export class ActionsStream {
  constructor(private readonly database: Database) {}

  of(companyId: string, filters: StreamFilters): Source<ChangedAction> {
    const name = audience.actions(companyId);
    return {
      key: name,
      audience: name,
      ids: 'uuid',
      read: (work) => this.database.asCompany(companyId, work),
      changes: (sql, after, limit) => readActionChanges(sql, companyId, after, limit),
      isTooOld: (sql, position) => isLogPositionTooOld(sql, companyId, position),
      eventOf: (changed) => eventOf(changed, filters),
      dataOf,
    };
  }
}

/** Only the status changes: an action of another status may have been shown before, and is removed. */
function eventOf(changed: ChangedAction, { status, ...others }: StreamFilters): string | undefined {
  const isWanted = Object.entries(others).every(
    ([name, value]) => value === undefined || changed[name as keyof StreamFilters] === value,
  );
  if (!isWanted) return undefined;
  return status === undefined || changed.status === status ? 'notification' : 'removed';
}

function dataOf(changed: ChangedAction, event: string) {
  const { agent_id: _, query_id: __, ...item } = changed;
  return event === 'removed' ? { id: item.id } : item;
}
