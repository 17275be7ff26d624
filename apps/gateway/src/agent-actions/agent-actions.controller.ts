import { Group, Operation } from '@herald/bootstrap';
import {
  Accepted,
  ActionItem,
  ActionList,
  ActionRecipient,
  ActionStats,
  agentActions,
  notFound,
  RecordAction,
  SetActionStatus,
} from '@herald/contracts';
import { QueueClient } from '@herald/queue';
import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Scope } from '../access/access.decorators.js';
import { Caller, type CredentialCaller } from '../access/caller.js';
import { Correlated, type Correlation } from '../idempotency/correlation.js';
import { POSITION_HEADER, STREAM_POSITION } from '../live/stream.params.js';
import { STREAMS_FULL, Streams, TOO_MANY_STREAMS } from '../live/streams.js';
import { OUTBOX_FULL, OutboxWriter } from '../outbox/outbox.writer.js';
import { ActionsStream } from './actions.stream.js';
import {
  ActionsStreamParams,
  ListParams,
  NOT_FOUND,
  NotificationId,
  RecipientIds,
  StatsParams,
  UserId,
  UserParams,
} from './agent-actions.params.js';
import { AgentActionsQuery } from './agent-actions.query.js';

const NO_RECIPIENT = 'The notification has no such recipient';
const INVALID_TYPE = 'Invalid notification_type parameter';

/** The Team Notifications API (contracts README, "Agent actions"). */
@Controller('team-notifications')
@Group('agent-actions')
export class AgentActionsController {
  constructor(
    private readonly outbox: OutboxWriter,
    private readonly actions: AgentActionsQuery,
    private readonly queues: QueueClient,
    private readonly actionsStream: ActionsStream,
    private readonly streams: Streams,
  ) {}

  @Post()
  @HttpCode(202)
  @Scope('agent-actions:write')
  @Operation({
    id: 'recordAction',
    summary: 'Record an agent action',
    description:
      '202 once the action is committed; it reaches the log through the queue, with the `correlationId` as its `id`.',
    responses: { 202: Accepted },
    refusals: { 503: OUTBOX_FULL },
  })
  async record(
    @Body() body: RecordAction,
    @Caller() { companyId }: CredentialCaller,
    @Correlated() correlation: Correlation,
  ) {
    const urgent = body.priority === 'urgent';
    const action = { id: correlation.id, queue: agentActions.queue, job: 'record', companyId, body, urgent };
    correlation.marked(await this.outbox.accept([action], correlation.key));
    return { correlationId: correlation.id };
  }

  @Get()
  @Scope('agent-actions:read')
  @Operation({
    id: 'listActions',
    summary: 'List Agent Action Notifications',
    description:
      'A paginated list of agent action notifications, newest first: what actions agents took to resolve customer ' +
      'queries. Pages by `cursor` are as fast at the end as at the beginning; `skip` works too, and grows slower.',
    responses: { 200: ActionList },
    refusals: { 400: INVALID_TYPE },
    headers: POSITION_HEADER,
  })
  async list(
    @Query() { skip, limit, cursor, ...filters }: ListParams,
    @Caller() { companyId }: CredentialCaller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { position, page } = await this.actions.list(companyId, filters, { skip, limit, cursor });
    void reply.header(STREAM_POSITION, position);
    return page;
  }

  @Get('stream')
  @Scope('agent-actions:read')
  @Operation({
    id: 'streamActions',
    summary: 'Follow the log',
    description:
      'Server-sent events: `notification` with each action that is recorded or changes, `removed` with the id of one ' +
      'that the filters no longer show, and `reset` when too much was missed to be sent again. `Last-Event-ID` ' +
      'continues where a stream ended.',
    responses: { 200: ActionItem },
    stream: true,
    refusals: { 400: 'Invalid priority parameter', 429: TOO_MANY_STREAMS, 503: STREAMS_FULL },
  })
  stream(
    @Query() { last_event_id: _, ...filters }: ActionsStreamParams,
    @Caller() { companyId }: CredentialCaller,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): never {
    return this.streams.start(request, reply, this.actionsStream.of(companyId, filters)) as never;
  }

  @Get('stats')
  @Scope('agent-actions:read')
  @Operation({
    id: 'getActionStats',
    summary: 'Get Notification Statistics',
    description: 'Statistics about team notifications; zeros for a user whom nobody knows.',
    responses: { 200: ActionStats },
    refusals: { 400: INVALID_TYPE },
  })
  stats(@Query() filters: StatsParams, @Caller() { companyId }: CredentialCaller) {
    return this.actions.stats(companyId, filters);
  }

  @Get('users/:user_id')
  @Scope('agent-actions:read')
  @Operation({
    id: 'listUserActions',
    summary: 'Get User Notifications',
    description: "What a user received, newest first: each with that user's status, and that user's entry alone.",
    responses: { 200: ActionList },
    refusals: { 400: INVALID_TYPE },
    headers: POSITION_HEADER,
  })
  async ofUser(
    @Param() { user_id }: UserId,
    @Query() { skip, limit, cursor, ...filters }: UserParams,
    @Caller() { companyId }: CredentialCaller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const ofUser = { ...filters, user_id };
    const { position, page } = await this.actions.ofUser(companyId, ofUser, { skip, limit, cursor });
    void reply.header(STREAM_POSITION, position);
    return page;
  }

  @Get(':notification_id')
  @Scope('agent-actions:read')
  @Operation({
    id: 'getAction',
    summary: 'Get Notification Details',
    responses: { 200: ActionItem },
    refusals: { 404: NOT_FOUND },
  })
  async find(@Param() { notification_id }: NotificationId, @Caller() { companyId }: CredentialCaller) {
    const action = await this.actions.find(companyId, notification_id);
    if (!action) throw notFound(NOT_FOUND);
    return action;
  }

  @Patch(':notification_id/users/:user_id/status')
  @Scope('agent-actions:write')
  @Operation({
    id: 'setActionStatus',
    summary: 'Update User Notification Status',
    description: "200 with the recipient's entry, once it is committed.",
    responses: { 200: ActionRecipient },
    command: true,
    refusals: { 404: [NOT_FOUND, NO_RECIPIENT] },
  })
  async setStatus(
    @Param() { notification_id, user_id }: RecipientIds,
    @Body() { status }: SetActionStatus,
    @Caller() { companyId }: CredentialCaller,
    @Correlated() correlation: Correlation,
  ) {
    const command = {
      v: 1 as const,
      correlationId: correlation.id,
      companyId,
      body: { notificationId: notification_id, userId: user_id, status },
    };
    return correlation.marked(await this.queues.ask(agentActions, 'set-status', command)).verdict;
  }
}
