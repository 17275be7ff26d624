import { Group, Operation } from '@herald/bootstrap';
import {
  Accepted,
  ActionItem,
  ActionList,
  ActionRecipient,
  ActionStats,
  agentActions,
  notFound,
  PRIORITIES,
  READ_STATES,
  RecordAction,
  SetActionStatus,
  uuid,
} from '@herald/contracts';
import { QueueClient } from '@herald/queue';
import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { Scope } from '../auth/access.decorators.js';
import { Caller, type CredentialCaller } from '../auth/caller.js';
import { Correlated, type Correlation } from '../http/correlation.js';
import { anyText, cursor, oneOf, rangeEnd, rangeStart, wholeNumber } from '../http/query-fields.js';
import { parameters } from '../http/query-names.js';
import { idsOf, namedParameters } from '../http/validation.js';
import { OUTBOX_FULL, OutboxWriter } from '../outbox/outbox.writer.js';
import { AgentActionsQuery } from './agent-actions.query.js';

const MAX_SKIP = 999_999_999;

const page = {
  skip: wholeNumber(0, MAX_SKIP, 0).describe('Number of notifications to skip'),
  limit: wholeNumber(1, 100, 50).describe('Maximum number of notifications to return'),
  cursor: cursor.optional(),
};
const kind = {
  notification_type: anyText.optional().describe('A type that the API lists, or one that the company uses'),
  priority: oneOf(PRIORITIES).optional(),
};
const status = oneOf(READ_STATES).optional();
const range = {
  start_date: rangeStart.optional().describe('Only what was created at or after this'),
  end_date: rangeEnd.optional().describe('Only what was created at or before this; a date alone: until its end'),
};

const inOrder = ({ start_date, end_date }: { start_date?: Date; end_date?: Date }) =>
  !start_date || !end_date || start_date <= end_date;
const OUT_OF_ORDER = { path: ['start_date'], message: 'must not be after end_date' };

const ListParams = z
  .object({
    ...page,
    ...kind,
    ...range,
    status,
    agent_id: anyText.optional().describe('Only what this agent did'),
    query_id: anyText.optional().describe('Only what was done for this customer support query'),
    sender_id: anyText.optional().describe('Only what this user sent'),
  })
  .refine(inOrder, OUT_OF_ORDER);

const UserParams = z.object({ ...page, ...kind, status: status.describe("The user's own read status") });

const StatsParams = z
  .object({
    ...kind,
    ...range,
    agent_id: anyText.optional().describe('Only what this agent did'),
    user_id: anyText.optional().describe('Only what this user received, by their own read status'),
  })
  .refine(inOrder, OUT_OF_ORDER);

const NOT_FOUND = 'Notification not found';
const NO_RECIPIENT = 'The notification has no such recipient';
const INVALID_TYPE = 'Invalid notification_type parameter';
const NotificationId = z.object({ notification_id: uuid() });
const RecipientIds = NotificationId.extend({ user_id: uuid() });
const UserId = z.object({ user_id: z.string().describe('A user whom nobody knows has received nothing') });

/** The Team Notifications API (contracts README, "Agent actions"). */
@Controller('team-notifications')
@Group('agent-actions')
export class AgentActionsController {
  constructor(
    private readonly outbox: OutboxWriter,
    private readonly actions: AgentActionsQuery,
    private readonly queues: QueueClient,
  ) {}

  @Post()
  @HttpCode(202)
  @Scope('agent-actions:write')
  @Operation({
    id: 'recordAction',
    summary: 'Record an agent action',
    description:
      '202 once the action is committed; it reaches the log through the queue, with the `correlationId` as its `id`.',
    answers: { 202: Accepted },
    refusals: { 503: OUTBOX_FULL },
  })
  async record(
    @Body({ schema: RecordAction }) body: RecordAction,
    @Caller() { companyId }: CredentialCaller,
    @Correlated() correlation: Correlation,
  ) {
    const { id, key } = correlation;
    const urgent = body.priority === 'urgent';
    const action = { id, queue: agentActions.queue, job: 'record', companyId, body, urgent };
    const { replayed } = await this.outbox.accept([action], key);
    if (replayed) correlation.markReplayed();
    return { correlationId: id };
  }

  @Get()
  @Scope('agent-actions:read')
  @Operation({
    id: 'listActions',
    summary: 'List Agent Action Notifications',
    description:
      'A paginated list of agent action notifications, newest first: what actions agents took to resolve customer ' +
      'queries. Pages by `cursor` are as fast at the end as at the beginning; `skip` works too, and grows slower.',
    answers: { 200: ActionList },
    refusals: { 400: INVALID_TYPE },
  })
  list(
    @Query({ schema: namedParameters(parameters(ListParams)) })
    { skip, limit, cursor, ...filters }: z.output<typeof ListParams>,
    @Caller() { companyId }: CredentialCaller,
  ) {
    return this.actions.list(companyId, filters, { skip, limit, cursor });
  }

  @Get('stats')
  @Scope('agent-actions:read')
  @Operation({
    id: 'getActionStats',
    summary: 'Get Notification Statistics',
    description: 'Statistics about team notifications; zeros for a user whom nobody knows.',
    answers: { 200: ActionStats },
    refusals: { 400: INVALID_TYPE },
  })
  stats(
    @Query({ schema: namedParameters(parameters(StatsParams)) }) filters: z.output<typeof StatsParams>,
    @Caller() { companyId }: CredentialCaller,
  ) {
    return this.actions.stats(companyId, filters);
  }

  @Get('users/:user_id')
  @Scope('agent-actions:read')
  @Operation({
    id: 'listUserActions',
    summary: 'Get User Notifications',
    description: "What a user received, newest first: each with that user's status, and that user's entry alone.",
    answers: { 200: ActionList },
    refusals: { 400: INVALID_TYPE },
  })
  ofUser(
    @Param({ schema: UserId }) { user_id }: z.output<typeof UserId>,
    @Query({ schema: namedParameters(parameters(UserParams)) })
    { skip, limit, cursor, ...filters }: z.output<typeof UserParams>,
    @Caller() { companyId }: CredentialCaller,
  ) {
    return this.actions.ofUser(companyId, { ...filters, user_id }, { skip, limit, cursor });
  }

  @Get(':notification_id')
  @Scope('agent-actions:read')
  @Operation({
    id: 'getAction',
    summary: 'Get Notification Details',
    answers: { 200: ActionItem },
    refusals: { 404: NOT_FOUND },
  })
  async find(
    @Param({ schema: idsOf(NotificationId, NOT_FOUND) }) { notification_id }: z.output<typeof NotificationId>,
    @Caller() { companyId }: CredentialCaller,
  ) {
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
    answers: { 200: ActionRecipient },
    command: true,
    refusals: { 404: [NOT_FOUND, NO_RECIPIENT] },
  })
  async setStatus(
    @Param({ schema: idsOf(RecipientIds, NOT_FOUND) })
    { notification_id, user_id }: z.output<typeof RecipientIds>,
    @Body({ schema: SetActionStatus }) { status }: z.output<typeof SetActionStatus>,
    @Caller() { companyId }: CredentialCaller,
    @Correlated() correlation: Correlation,
  ) {
    const { verdict, replayed } = await this.queues.ask(agentActions, 'set-status', {
      v: 1,
      correlationId: correlation.id,
      companyId,
      body: { notificationId: notification_id, userId: user_id, status },
    });
    if (replayed) correlation.markReplayed();
    return verdict;
  }
}
