import { ACTION_TYPES, type ActionItem, type ActionList, type ActionStats } from '@herald/contracts';
import {
  type ActionFilters,
  Database,
  findAction,
  isTypeInUse,
  type PageOfActions,
  readActions,
  readStats,
  readTotal,
  readUsersActions,
  type Sql,
} from '@herald/database';
import { Injectable } from '@nestjs/common';
import { writeCursor } from '../validation/query-fields.js';
import { invalidParameter } from '../validation/validation.js';

/** A page, and the position of streams at which it was read. */
interface ListAt {
  position: string;
  page: ActionList;
}

/** Reads the log of agent actions for teams. */
@Injectable()
export class AgentActionsQuery {
  constructor(private readonly database: Database) {}

  /** Returns a page of the company's actions that match the filters, newest first. */
  list(companyId: string, filters: ActionFilters, page: PageOfActions): Promise<ListAt> {
    return this.read(companyId, filters, page, readActions);
  }

  /** Returns a page of what a user received, newest first; an empty one for an unknown user. */
  ofUser(companyId: string, filters: ActionFilters, page: PageOfActions): Promise<ListAt> {
    return this.read(companyId, filters, page, readUsersActions);
  }

  /** Returns undefined when the company has no such action. */
  find(companyId: string, id: string): Promise<ActionItem | undefined> {
    return this.database.asCompany(companyId, (tx) => findAction(tx, companyId, id));
  }

  stats(companyId: string, filters: ActionFilters): Promise<ActionStats> {
    return this.database.asCompany(companyId, async (tx) => {
      await refuseUnknownType(tx, companyId, filters);
      return readStats(tx, companyId, filters);
    });
  }

  private read(
    companyId: string,
    filters: ActionFilters,
    page: PageOfActions,
    readRows: typeof readActions,
  ): Promise<ListAt> {
    const { skip, limit } = page;
    return this.database.asCompany(companyId, async (tx) => {
      await refuseUnknownType(tx, companyId, filters);
      const total = await readTotal(tx, companyId, filters);
      // A page beyond the total is empty, without a query.
      const rows = total > skip ? await readRows(tx, companyId, filters, page) : [];
      const data = rows.slice(0, limit);
      const last = rows.length > limit ? data.at(-1) : undefined;
      const next_cursor = last ? writeCursor({ at: last.created_at, id: last.id }) : null;
      return { position: tx.horizon, page: { data: data as unknown as ActionItem[], total, skip, limit, next_cursor } };
    });
  }
}

/** @throws Refusal 400 "Invalid notification_type parameter" (contracts README, "Listing notifications") */
async function refuseUnknownType(tx: Sql, companyId: string, { notification_type }: ActionFilters): Promise<void> {
  if (notification_type === undefined || ACTION_TYPES.some((type) => type === notification_type)) return;
  if (await isTypeInUse(tx, companyId, notification_type)) return;
  const message = `must be one of ${ACTION_TYPES.join(', ')}, or a type that is in use`;
  throw invalidParameter([{ field: 'notification_type', message }]);
}
