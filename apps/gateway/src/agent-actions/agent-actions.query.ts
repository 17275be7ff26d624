import { ACTION_TYPES, type ActionItem, type ActionList, type ActionStats } from '@herald/contracts';
import { ACTION_ITEM, Database, type Sql, USERS_ACTION_ITEM, WITH_SENDER } from '@herald/database';
import { Injectable } from '@nestjs/common';
import { writeCursor } from '../validation/query-fields.js';
import { invalidParameter } from '../validation/validation.js';
import { cellsFor, isTypeInUse, readStats, readTotal } from './action-figures.js';
import {
  type ActionFilters,
  onActions,
  onRecipients,
  type PageOfActions,
  rangeOf,
  Statement,
} from './action-filters.js';
import { skipWholeDays } from './deep-skip.js';

type Row = Omit<ActionItem, 'created_at'> & { created_at: Date };

/** Builds the statement of a page: the ids come from indexes alone, and only the shown rows are read. */
function listStatement(companyId: string, filters: ActionFilters, page: PageOfActions) {
  const statement = new Statement();
  const { skip, limit } = page;
  const upToPage = { ...page, skip: 0, limit: skip + limit };
  const parts = partsOf(filters).map((part) => {
    const conditions = onActions(companyId, part, rangeOf(part), statement);
    return `(select n.id, n.created_at from agent_actions n where ${conditions} ${pageBounds('n.created_at', 'n.id', upToPage, statement)})`;
  });
  const ids = `select id from (${parts.join(' union all ')}) merged ${pageBounds('created_at', 'id', { skip, limit }, statement)}`;
  return {
    text: `select ${ACTION_ITEM} from (${ids}) page join agent_actions n on n.id = page.id ${WITH_SENDER}
            order by n.created_at desc, n.id desc`,
    values: statement.values,
  };
}

/**
 * Splits a list into parts that are each one ordered stretch of an index: a list by type, status or priority is merged
 * from those of each status and priority. Agents, queries and senders have their own indexes, within which the rest is
 * filtered.
 */
function partsOf(filters: ActionFilters): ActionFilters[] {
  const given = (...names: (keyof ActionFilters)[]) => names.some((name) => filters[name] !== undefined);
  if (given('agent_id', 'query_id', 'sender_id') || !given('notification_type', 'status', 'priority')) return [filters];
  return cellsFor(filters).map(({ status, priority }) => ({ ...filters, status, priority }));
}

/** Builds the statement of a page of one user's received actions, with the user's own status. */
function usersListStatement(companyId: string, filters: ActionFilters, page: PageOfActions) {
  const statement = new Statement();
  const conditions = onRecipients(companyId, filters, rangeOf(filters), statement);
  const ids = `select r.notification_id, r.user_id from agent_action_recipients r
                where ${conditions} ${pageBounds('r.created_at', 'r.notification_id', page, statement)}`;
  return {
    text: `select ${USERS_ACTION_ITEM} from (${ids}) page
             join agent_action_recipients mine on (mine.notification_id, mine.user_id) = (page.notification_id, page.user_id)
             join agent_actions n on n.id = page.notification_id ${WITH_SENDER}
            order by n.created_at desc, n.id desc`,
    values: statement.values,
  };
}

/** Returns the order and bounds of a page. One extra row shows whether another page follows. */
function pageBounds(at: string, id: string, { skip, limit, cursor }: PageOfActions, { bind }: Statement): string {
  const after = cursor ? `and (${at}, ${id}) < (${bind(cursor.at)}, ${bind(cursor.id)})` : '';
  return `${after} order by ${at} desc, ${id} desc limit ${bind(limit + 1)} offset ${bind(skip)}`;
}

/** Reads the log of agent actions for teams. */
@Injectable()
export class AgentActionsQuery {
  constructor(private readonly database: Database) {}

  /** Returns a page of the company's actions that match the filters, newest first. */
  list(companyId: string, filters: ActionFilters, page: PageOfActions): Promise<ActionList> {
    return this.read(companyId, filters, page, listStatement);
  }

  /** Returns a page of what a user received, newest first; an empty one for an unknown user. */
  ofUser(companyId: string, filters: ActionFilters, page: PageOfActions): Promise<ActionList> {
    return this.read(companyId, filters, page, usersListStatement);
  }

  /** Returns undefined when the company has no such action. */
  find(companyId: string, id: string): Promise<ActionItem | undefined> {
    return this.database.asCompany(companyId, async (tx) => {
      const rows = await tx.query<ActionItem>(
        `select ${ACTION_ITEM} from agent_actions n ${WITH_SENDER} where n.id = $1 and n.company_id = $2`,
        [id, companyId],
      );
      return rows[0];
    });
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
    statementOf: typeof listStatement,
  ): Promise<ActionList> {
    const { skip, limit } = page;
    const readRows = async (tx: Sql) => {
      const near = await skipWholeDays(tx, companyId, filters, page);
      const { text, values } = statementOf(companyId, near.filters, near.page);
      return tx.query<Row>(text, values);
    };
    return this.database.asCompany(companyId, async (tx) => {
      await refuseUnknownType(tx, companyId, filters);
      const total = await readTotal(tx, companyId, filters);
      // A page beyond the total is empty, without a query.
      const rows = total > skip ? await readRows(tx) : [];
      const data = rows.slice(0, limit);
      const last = rows.length > limit ? data.at(-1) : undefined;
      const next_cursor = last ? writeCursor({ at: last.created_at, id: last.id }) : null;
      return { data: data as unknown as ActionItem[], total, skip, limit, next_cursor };
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
