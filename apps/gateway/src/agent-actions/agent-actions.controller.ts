import {
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
import { namedParameters } from '../http/validation.js';
import { OutboxWriter } from '../outbox/outbox.writer.js';
import { AgentActionsQuery } from './agent-actions.query.js';

const MAX_SKIP = 999_999_999;

const page = { skip: wholeNumber(0, MAX_SKIP, 0), limit: wholeNumber(1, 100, 50), cursor: cursor.optional() };
const kind = { notification_type: anyText.optional(), priority: oneOf(PRIORITIES).optional() };
const status = oneOf(READ_STATES).optional();
const range = { start_date: rangeStart.optional(), end_date: rangeEnd.optional() };

const inOrder = ({ start_date, end_date }: { start_date?: Date; end_date?: Date }) =>
  !start_date || !end_date || start_date <= end_date;
const OUT_OF_ORDER = { path: ['start_date'], message: 'must not be after end_date' };

const ListParams = z
  .object({
    ...page,
    ...kind,
    ...range,
    status,
    agent_id: anyText.optional(),
    query_id: anyText.optional(),
    sender_id: anyText.optional(),
  })
  .refine(inOrder, OUT_OF_ORDER);

const UserParams = z.object({ ...page, ...kind, status });

const StatsParams = z
  .object({ ...kind, ...range, agent_id: anyText.optional(), user_id: anyText.optional() })
  .refine(inOrder, OUT_OF_ORDER);

/** The Team Notifications API (agent-actions document; contract, "A: agent-actions"). */
@Controller('team-notifications')
export class AgentActionsController {
  constructor(
    private readonly outbox: OutboxWriter,
    private readonly actions: AgentActionsQuery,
    private readonly queues: QueueClient,
  ) {}

  /** 202 once the action is committed; it reaches the log through the queue, under the correlationId as its id. */
  @Post()
  @HttpCode(202)
  @Scope('agent-actions:write')
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

  /** List Agent Action Notifications. */
  @Get()
  @Scope('agent-actions:read')
  list(
    @Query({ schema: namedParameters(ListParams) })
    { skip, limit, cursor, ...filters }: z.output<typeof ListParams>,
    @Caller() { companyId }: CredentialCaller,
  ) {
    return this.actions.list(companyId, filters, { skip, limit, cursor });
  }

  /** Get Notification Statistics; zeros for a user whom nobody knows. */
  @Get('stats')
  @Scope('agent-actions:read')
  stats(
    @Query({ schema: namedParameters(StatsParams) }) filters: z.output<typeof StatsParams>,
    @Caller() { companyId }: CredentialCaller,
  ) {
    return this.actions.stats(companyId, filters);
  }

  /** Get User Notifications: each with that user's status and that user's entry alone. */
  @Get('users/:userId')
  @Scope('agent-actions:read')
  ofUser(
    @Param('userId') user_id: string,
    @Query({ schema: namedParameters(UserParams) })
    { skip, limit, cursor, ...filters }: z.output<typeof UserParams>,
    @Caller() { companyId }: CredentialCaller,
  ) {
    return this.actions.ofUser(companyId, { ...filters, user_id }, { skip, limit, cursor });
  }

  /** Get Notification Details. */
  @Get(':id')
  @Scope('agent-actions:read')
  async find(@Param('id') id: string, @Caller() { companyId }: CredentialCaller) {
    const notificationId = uuid().safeParse(id);
    const action = notificationId.success && (await this.actions.find(companyId, notificationId.data));
    if (!action) throw notFound('Notification not found');
    return action;
  }

  /** Update User Notification Status: 200 with the recipient's entry, once it is committed. */
  @Patch(':id/users/:userId/status')
  @Scope('agent-actions:write')
  async setStatus(
    @Param('id') id: string,
    @Param('userId') user: string,
    @Body({ schema: SetActionStatus }) { status }: z.output<typeof SetActionStatus>,
    @Caller() { companyId }: CredentialCaller,
    @Correlated() correlation: Correlation,
  ) {
    const [notificationId, userId] = [uuid().safeParse(id), uuid().safeParse(user)];
    if (!notificationId.success || !userId.success) throw notFound('Notification not found');
    const { verdict, replayed } = await this.queues.ask(agentActions, 'set-status', {
      v: 1,
      correlationId: correlation.id,
      companyId,
      body: { notificationId: notificationId.data, userId: userId.data, status },
    });
    if (replayed) correlation.markReplayed();
    return verdict;
  }
}
