import type { ActionItem } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { cellsFor } from './action-figures.js';
import {
  type ActionFilters,
  onActions,
  onRecipients,
  type PageOfActions,
  rangeOf,
  Statement,
} from './action-filters.js';
import { ACTION_ITEM, USERS_ACTION_ITEM, WITH_SENDER } from './action-item.js';
import { skipWholeDays } from './deep-skip.js';

type ActionRow = Omit<ActionItem, 'created_at'> & { created_at: Date };

/**
 * Returns a page of a company's actions that match the filters, newest first. One extra row shows whether another page
 * follows.
 */
export const readActions = (tx: Sql, companyId: string, filters: ActionFilters, page: PageOfActions) =>
  readPage(tx, companyId, filters, page, listStatement);

/** Returns a page of what a user received; otherwise as `readActions`. */
export const readUsersActions = (tx: Sql, companyId: string, filters: ActionFilters, page: PageOfActions) =>
  readPage(tx, companyId, filters, page, usersListStatement);

async function readPage(
  tx: Sql,
  companyId: string,
  filters: ActionFilters,
  page: PageOfActions,
  statementOf: typeof listStatement,
): Promise<ActionRow[]> {
  const near = await skipWholeDays(tx, companyId, filters, page);
  const { text, values } = statementOf(companyId, near.filters, near.page);
  return tx.query<ActionRow>(text, values);
}

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

/** Returns the order and bounds of a page. */
function pageBounds(at: string, id: string, { skip, limit, cursor }: PageOfActions, { bind }: Statement): string {
  const after = cursor ? `and (${at}, ${id}) < (${bind(cursor.at)}, ${bind(cursor.id)})` : '';
  return `${after} order by ${at} desc, ${id} desc limit ${bind(limit + 1)} offset ${bind(skip)}`;
}
