import type { ActionItem } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { type PageOfActions, Statement } from './action-filters.js';
import { ACTION_ITEM, WITH_SENDER } from './action-item.js';

/** Actions whose agents and tools are looked at, so that a query of a million costs no more. */
const MOST_LOOKED_AT = 10_000;
const MOST_NAMED = 50;

type StoryRow = Omit<ActionItem, 'created_at'> & { created_at: Date; ms_since_previous: number | null };

const BY_COUNT = (name: string) => `
  (select coalesce(json_agg(json_build_object('${name}', ${name}, 'count', n) order by n desc, ${name} collate "C"), '[]')
     from (select ${name}, count(*)::int as n from actions where ${name} <> '' group by ${name} order by n desc, ${name} collate "C"
            limit ${MOST_NAMED}) named) as ${name}`;

/** $1 company, $2 query. */
const SUMMARY = `
  with actions as (
    select agent_id, tool_of(metadata) as tool_used from agent_actions n
     where n.company_id = $1 and n.query_id = $2 order by n.created_at, n.id limit ${MOST_LOOKED_AT})
  select (select count(*)::int from agent_actions n where n.company_id = $1 and n.query_id = $2) as total,
         (select n.created_at from agent_actions n where n.company_id = $1 and n.query_id = $2
           order by n.created_at, n.id limit 1) as first_at,
         (select n.created_at from agent_actions n where n.company_id = $1 and n.query_id = $2
           order by n.created_at desc, n.id desc limit 1) as last_at,
         ${BY_COUNT('agent_id')}, ${BY_COUNT('tool_used')}`;

/** Builds the statement of a page: one extra row shows whether another page follows. */
function pageStatement(companyId: string, queryId: string, { skip, limit, cursor }: PageOfActions) {
  const statement = new Statement();
  const { bind } = statement;
  const OF_QUERY = (alias: string) =>
    `${alias}.company_id = ${bind(companyId)} and ${alias}.query_id = ${bind(queryId)}`;
  const after = cursor ? `and (n.created_at, n.id) > (${bind(cursor.at)}, ${bind(cursor.id)})` : '';
  return {
    text: `
      select ${ACTION_ITEM}, (extract(epoch from n.created_at - previous.created_at) * 1000)::float8 as ms_since_previous
        from (select n.id from agent_actions n where ${OF_QUERY('n')} ${after}
               order by n.created_at, n.id limit ${bind(limit + 1)} offset ${bind(skip)}) page
        join agent_actions n on n.id = page.id ${WITH_SENDER}
        left join lateral (select p.created_at from agent_actions p
                            where ${OF_QUERY('p')} and (p.created_at, p.id) < (n.created_at, n.id)
                            order by p.created_at desc, p.id desc limit 1) previous on true
       order by n.created_at, n.id`,
    values: statement.values,
  };
}

/**
 * Reads one query's story: a page of its actions, oldest first, with a summary of all; undefined when the company has no
 * action of it.
 */
export async function readStory(tx: Sql, companyId: string, queryId: string, page: PageOfActions) {
  const [summary] = await tx.query<{
    total: number;
    first_at: Date;
    last_at: Date;
    agent_id: { agent_id: string; count: number }[];
    tool_used: { tool_used: string; count: number }[];
  }>(SUMMARY, [companyId, queryId]);
  if (!summary || summary.total === 0) return undefined;
  const { total, first_at, last_at, agent_id: agents, tool_used: tools } = summary;
  const { text, values } = pageStatement(companyId, queryId, page);
  const rows = total > page.skip ? await tx.query<StoryRow>(text, values) : [];
  return { total, first_at, last_at, agents, tools, rows };
}
