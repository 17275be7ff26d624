import { audience } from '@herald/contracts';
import { type ActionFilters, type ChangedAction, Database, readActionChanges, type Sql } from '@herald/database';
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
      read: <T>(work: (sql: Sql) => Promise<T>) => this.database.asCompany(companyId, work),
      changes: (sql, after, limit) => readActionChanges(sql, companyId, after, limit),
      eventOf: (changed) => eventOf(changed, Object.entries(filters)),
    };
  }
}

/** An action that a change took out of the filter is removed; one that was never in it is not shown. */
function eventOf(changed: ChangedAction, filters: [string, unknown][]) {
  const matches = filters.every(
    ([name, value]) => value === undefined || changed[name as keyof StreamFilters] === value,
  );
  const { agent_id: _, query_id: __, ...item } = changed;
  if (matches) return { event: 'notification', data: item };
  if (changed.updated_at > changed.created_at) return { event: 'removed', data: { id: changed.id } };
  return undefined;
}
