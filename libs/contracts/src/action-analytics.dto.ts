import { IsDateString, IsInt, IsString } from 'class-validator';
import { ActionItem, CountsByPriority } from './agent-actions.dto.js';
import { SAMPLE } from './agent-actions.sample.js';
import { Dto, typeFault } from './dto.js';
import { Described, IsOneOf, listRule, MayBeNull, Nested, NestedList, rule } from './rules.js';

export const INTERVALS = ['hour', 'day'] as const;
export const GROUPS = ['none', 'type', 'priority', 'agent', 'tool'] as const;

const IsFigure = () =>
  rule('isFigure', (value) => (typeof value === 'number' ? undefined : typeFault(value, 'a number')), {
    schema: { type: 'number' },
  });
const AreCounts = () => listRule('areCounts', () => undefined, { schema: { items: { type: 'integer' } } });
const AreTimes = () =>
  listRule('areTimes', () => undefined, { schema: { items: { type: 'string', format: 'date-time' } } });

/** The actions of one key, bucket by bucket. */
@Dto()
class TimelineSeries {
  @MayBeNull() @IsString() @Described('Null: of no agent, with no tool, or all') key: string | null;
  @IsInt() total: number;
  @AreCounts() @Described('One for each bucket') counts: number[];
}

/** Response of `/stats/timeline` (contracts README, "Timeline"). */
@Dto({
  name: 'ActionTimeline',
  examples: [
    {
      interval: 'hour',
      group_by: 'tool',
      buckets: ['2024-01-10T10:00:00.000Z', '2024-01-10T11:00:00.000Z'],
      series: [
        { key: 'email_tool', total: 5, counts: [2, 3] },
        { key: null, total: 1, counts: [0, 1] },
      ],
      other: null,
    },
  ],
})
export class ActionTimeline {
  @IsOneOf(INTERVALS) interval: (typeof INTERVALS)[number];
  @IsOneOf(GROUPS) group_by: (typeof GROUPS)[number];
  @AreTimes() @Described('The start of each hour or day (UTC)') buckets: string[];
  @NestedList(() => TimelineSeries) @Described('Those with the most actions first') series: TimelineSeries[];
  @MayBeNull() @Nested(() => TimelineSeries) @Described('All further keys together') other: TimelineSeries | null;
}

@Dto()
class ExecutionTime {
  @IsInt() @Described('Actions with an execution time that was understood') measured: number;
  @IsInt() @Described('Actions with one that was not, which the figures leave out') ignored: number;
  @MayBeNull() @IsFigure() p50_ms: number | null;
  @MayBeNull() @IsFigure() p95_ms: number | null;
}

@Dto()
class Usage {
  @IsInt() count: number;
  @Nested(() => CountsByPriority) by_priority: CountsByPriority;
  @IsFigure() @Described('From 0 to 1') high_and_urgent_share: number;
  @IsDateString() last_at: string;
  @Nested(() => ExecutionTime) execution_time: ExecutionTime;
}

@Dto()
class UsageOfAgent extends Usage {
  @MayBeNull() @IsString() agent_id: string | null;
}

@Dto()
class UsageOfTool extends Usage {
  @MayBeNull() @IsString() tool_used: string | null;
}

const USAGE = {
  count: 40,
  by_priority: { low: 10, medium: 20, high: 8, urgent: 2 },
  high_and_urgent_share: 0.25,
  last_at: '2024-01-10T10:00:00.000Z',
  execution_time: { measured: 38, ignored: 1, p50_ms: 2266, p95_ms: 5343 },
};

/** Response of `/stats/agents` (contracts README, "Agents and tools"). */
@Dto({
  name: 'ActionAgents',
  examples: [{ data: [{ agent_id: SAMPLE.metadata.agent_id, ...USAGE }], total: 3, other_count: 12 }],
})
export class ActionAgents {
  @NestedList(() => UsageOfAgent) data: UsageOfAgent[];
  @IsInt() @Described('How many agents there are') total: number;
  @IsInt() @Described('The actions of agents that are not listed') other_count: number;
}

/** Response of `/stats/tools` (contracts README, "Agents and tools"). */
@Dto({
  name: 'ActionTools',
  examples: [{ data: [{ tool_used: SAMPLE.metadata.tool_used, ...USAGE }], total: 3, other_count: 12 }],
})
export class ActionTools {
  @NestedList(() => UsageOfTool) data: UsageOfTool[];
  @IsInt() @Described('How many tools there are') total: number;
  @IsInt() @Described('The actions with tools that are not listed') other_count: number;
}

@Dto()
class AgentOfQuery {
  @IsString() agent_id: string;
  @IsInt() count: number;
}

@Dto()
class ToolOfQuery {
  @IsString() tool_used: string;
  @IsInt() count: number;
}

/** An action in a query's story. */
@Dto()
class StoryAction extends ActionItem {
  @MayBeNull() @IsInt() @Described('Null for the first') ms_since_previous: number | null;
}

/** Response of `/queries/{query_id}` (contracts README, "Story of a query"). */
@Dto({
  name: 'QueryStory',
  examples: [
    {
      query_id: SAMPLE.metadata.query_id,
      first_at: SAMPLE.created_at,
      last_at: SAMPLE.created_at,
      agents: [{ agent_id: SAMPLE.metadata.agent_id, count: 1 }],
      tools: [{ tool_used: SAMPLE.metadata.tool_used, count: 1 }],
      data: [{ ...SAMPLE, ms_since_previous: null }],
      total: 1,
      skip: 0,
      limit: 50,
      next_cursor: null,
    },
  ],
})
export class QueryStory {
  @IsString() query_id: string;
  @IsDateString() first_at: string;
  @IsDateString() last_at: string;
  @NestedList(() => AgentOfQuery) agents: AgentOfQuery[];
  @NestedList(() => ToolOfQuery) tools: ToolOfQuery[];
  @NestedList(() => StoryAction) data: StoryAction[];
  @IsInt() total: number;
  @IsInt() skip: number;
  @IsInt() limit: number;
  @MayBeNull() @IsString() next_cursor: string | null;
}
