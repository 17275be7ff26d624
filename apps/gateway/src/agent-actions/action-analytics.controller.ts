import { Group, Operation } from '@herald/bootstrap';
import { ActionAgents, ActionTimeline, ActionTools, notFound, QueryStory } from '@herald/contracts';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { Scope } from '../access/access.decorators.js';
import { Caller, type CompanyCaller } from '../access/caller.js';
import { QueryId, StoryParams, TimelineParams, UsesParams } from './action-analytics.params.js';
import { ActionAnalyticsQuery } from './action-analytics.query.js';

const INVALID_TYPE = 'Invalid notification_type parameter';
const INVALID_START = 'Invalid start_date parameter';
const STILL_COUNTED = 'The figures are still being counted; try again';
const NO_QUERY = 'Query not found';

/** Figures about agent actions over time, by agent and by tool, and the story of one query. */
@Controller('team-notifications')
@Group('agent-actions')
export class ActionAnalyticsController {
  constructor(private readonly analytics: ActionAnalyticsQuery) {}

  @Get('stats/timeline')
  @Scope('agent-actions:read')
  @Operation({
    id: 'getActionTimeline',
    summary: 'Count actions over time',
    description:
      'The actions of each hour or day (UTC), empty ones included, in all or by type, priority, agent or tool; at most ' +
      '750 of them. Without a start: the last 24 hours or 30 days.',
    responses: { 200: ActionTimeline },
    refusals: { 400: [INVALID_TYPE, INVALID_START], 503: STILL_COUNTED },
  })
  timeline(
    @Query() { interval, group_by: group, limit, ...filters }: TimelineParams,
    @Caller() { companyId }: CompanyCaller,
  ) {
    return this.analytics.timeline(companyId, filters, { interval, group, limit });
  }

  @Get('stats/agents')
  @Scope('agent-actions:read')
  @Operation({
    id: 'getActionAgents',
    summary: 'Compare agents',
    description: 'Agents by their number of actions, with the share of high and urgent ones and execution times.',
    responses: { 200: ActionAgents },
    refusals: { 400: [INVALID_TYPE, INVALID_START], 503: STILL_COUNTED },
  })
  agents(@Query() { limit, ...filters }: UsesParams, @Caller() { companyId }: CompanyCaller) {
    return this.analytics.agents(companyId, filters, limit);
  }

  @Get('stats/tools')
  @Scope('agent-actions:read')
  @Operation({
    id: 'getActionTools',
    summary: 'Compare tools',
    description: 'Tools by their number of uses, with the share of high and urgent ones and execution times.',
    responses: { 200: ActionTools },
    refusals: { 400: [INVALID_TYPE, INVALID_START], 503: STILL_COUNTED },
  })
  tools(@Query() { limit, ...filters }: UsesParams, @Caller() { companyId }: CompanyCaller) {
    return this.analytics.tools(companyId, filters, limit);
  }

  @Get('queries/:query_id')
  @Scope('agent-actions:read')
  @Operation({
    id: 'getQueryStory',
    summary: 'Follow a query',
    description:
      'What was done for one customer support query, oldest first, with the time between the actions, and the agents ' +
      'and tools that took part.',
    responses: { 200: QueryStory },
    refusals: { 400: 'Invalid cursor parameter', 404: NO_QUERY },
  })
  async story(
    @Param() { query_id }: QueryId,
    @Query() { skip, limit, cursor }: StoryParams,
    @Caller() { companyId }: CompanyCaller,
  ) {
    const story = await this.analytics.story(companyId, query_id, { skip, limit, cursor });
    if (!story) throw notFound(NO_QUERY);
    return story;
  }
}
