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

/** What a stream of the log shows: each action that was recorded or changed. */
@Injectable()
export class ActionsStream {
  constructor(private readonly database: Database) {}

  of(companyId: string, filters: StreamFilters): Source<ChangedAction> {
    const name = audience.actions(companyId);
    return {
      key: name,
      audience: name,
      read: (work) => this.database.asCompany(companyId, work),
      changes: (sql, after, limit) => readActionChanges(sql, companyId, after, limit),
      isTooOld: (sql, position) => isLogPositionTooOld(sql, companyId, position),
      eventOf: (changed) => eventOf(changed, Object.entries(filters)),
      dataOf,
    };
  }
}

/** An action that a change took out of the filters is removed; one that was never in them is not shown. */
function eventOf(changed: ChangedAction, filters: [string, unknown][]): string | undefined {
  const matches = filters.every(
    ([name, value]) => value === undefined || changed[name as keyof StreamFilters] === value,
  );
  if (matches) return 'notification';
  return changed.updated_at > changed.created_at ? 'removed' : undefined;
}

function dataOf({ agent_id: _, query_id: __, ...item }: ChangedAction, event: string) {
  return event === 'removed' ? { id: item.id } : item;
}
