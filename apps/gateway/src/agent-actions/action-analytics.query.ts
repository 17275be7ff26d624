import {
  type ActionAgents,
  type ActionTimeline,
  type ActionTools,
  type QueryStory,
  storedText,
  unavailable,
} from '@herald/contracts';
import {
  type ActionFilters,
  areUsesCounted,
  Database,
  type Group,
  type Interval,
  isOfUses,
  MOST_LOOKED_AT,
  type PageOfActions,
  readStory,
  readTimeline,
  readUses,
  type Sql,
  TooMuchToCount,
  type UseFilters,
} from '@herald/database';
import { Injectable } from '@nestjs/common';
import { writeCursor } from '../validation/query-fields.js';
import { invalidParameter } from '../validation/validation.js';
import { refuseUnknownType } from './agent-actions.query.js';

const MAX_QUERY_ID = 200;
/** A month of hours, or two years of days. */
const MOST_BUCKETS = 750;
const LENGTH_MS = { hour: 60 * 60 * 1000, day: 24 * 60 * 60 * 1000 };
/** Buckets that a timeline without a start has, the current one included. */
const BUCKETS_BY_DEFAULT = { hour: 24, day: 30 };

/** Reads figures about the log of agent actions, and the story of one query. */
@Injectable()
export class ActionAnalyticsQuery {
  constructor(private readonly database: Database) {}

  timeline(
    companyId: string,
    given: ActionFilters,
    { interval, group, limit }: { interval: Interval; group: Group; limit: number },
  ): Promise<ActionTimeline> {
    const filters = { ...given, ...rangeOf(given, interval) };
    return this.counted(companyId, filters, isOfUses({ filters, group }), async (tx) => {
      const timeline = await readTimeline(tx, { companyId, filters, interval, group }, limit);
      return { interval, group_by: group, ...timeline } as unknown as ActionTimeline;
    });
  }

  agents(companyId: string, filters: UseFilters, limit: number): Promise<ActionAgents> {
    return this.uses(companyId, filters, limit, 'agent_id', (agent_id) => ({ agent_id })) as Promise<ActionAgents>;
  }

  tools(companyId: string, filters: UseFilters, limit: number): Promise<ActionTools> {
    return this.uses(companyId, filters, limit, 'tool', (tool_used) => ({ tool_used })) as Promise<ActionTools>;
  }

  /** Returns undefined when the company has no action of this query. */
  async story(companyId: string, given: string, page: PageOfActions): Promise<QueryStory | undefined> {
    const { skip, limit } = page;
    // Stored ids have no control characters, and Postgres refuses NUL.
    if (/\p{Cc}/u.test(given)) return undefined;
    const query_id = storedText(given, MAX_QUERY_ID);
    return this.database.asCompany(companyId, async (tx) => {
      const story = await readStory(tx, companyId, query_id, page);
      if (!story) return undefined;
      const { rows, ...summary } = story;
      const data = rows.slice(0, limit);
      const last = rows.length > limit ? data.at(-1) : undefined;
      const next_cursor = last ? writeCursor({ at: last.created_at, id: last.id }) : null;
      return { query_id, ...summary, data, skip, limit, next_cursor } as unknown as QueryStory;
    });
  }

  private uses(
    companyId: string,
    filters: UseFilters,
    limit: number,
    by: 'agent_id' | 'tool',
    named: (key: string | null) => object,
  ): Promise<unknown> {
    return this.counted(companyId, filters, true, async (tx) => {
      const { data, ...others } = await readUses(tx, companyId, filters, { by, limit });
      return { data: data.map(({ key, ...use }) => ({ ...named(key), ...use })), ...others };
    });
  }

  /** @throws Refusal 400 for an unknown type or too much to count, 503 while the uses are not counted yet */
  private counted<T>(
    companyId: string,
    filters: ActionFilters,
    isOfUses: boolean,
    read: (tx: Sql) => Promise<T>,
  ): Promise<T> {
    return this.database.asCompany(companyId, async (tx) => {
      await refuseUnknownType(tx, companyId, filters);
      if (isOfUses && !(await areUsesCounted(tx))) throw unavailable('The figures are still being counted; try again');
      try {
        return await read(tx);
      } catch (error) {
        if (!(error instanceof TooMuchToCount)) throw error;
        throw invalidParameter([{ field: 'start_date', message: TOO_MUCH }]);
      }
    });
  }
}

const TOO_MUCH = `must leave fewer than ${MOST_LOOKED_AT.toLocaleString('en')} figures to sum up: shorten the range`;

/** Returns the range of a timeline, which has both ends. */
function rangeOf({ start_date, end_date = new Date() }: ActionFilters, interval: Interval) {
  const length = LENGTH_MS[interval];
  const last = Math.floor(end_date.getTime() / length);
  const start = start_date ?? new Date((last + 1 - BUCKETS_BY_DEFAULT[interval]) * length);
  if (start > end_date) throw invalidParameter([{ field: 'start_date', message: 'must not be after end_date' }]);
  const buckets = last + 1 - Math.floor(start.getTime() / length);
  if (buckets > MOST_BUCKETS) {
    const message = `must leave at most ${MOST_BUCKETS} ${interval}s up to end_date`;
    throw invalidParameter([{ field: 'start_date', message }]);
  }
  return { start_date: start, end_date };
}
