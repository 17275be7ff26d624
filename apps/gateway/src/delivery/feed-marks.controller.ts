import { Group, Operation } from '@herald/bootstrap';
import {
  delivery,
  FeedItem,
  type Mark,
  MarkAll,
  MarkedMessages,
  MarkSeen,
  SetMessageStatus,
  SetMessageStatuses,
  Updated,
} from '@herald/contracts';
import { QueueClient } from '@herald/queue';
import { Body, Controller, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { People } from '../access/access.decorators.js';
import { Caller, type PersonCaller } from '../access/caller.js';
import { Correlated, type Correlation } from '../idempotency/correlation.js';
import { MessageId, NOT_FOUND } from './feed.params.js';

const IN_SLICES =
  'What arrives meanwhile stays as it is when `upTo` is given. `left` says that there were too many for one request.';

/** Marks messages that a person received (contracts README, "Marking messages"). */
@Controller('v1/feed')
@Group('delivery')
export class FeedMarksController {
  constructor(private readonly queues: QueueClient) {}

  @Patch(':id')
  @People()
  @Operation({
    id: 'setMessageStatus',
    summary: 'Mark a message as read, unread or archived',
    description: 'Only its recipient may. 200 with the message once it is committed.',
    responses: { 200: FeedItem },
    command: true,
    refusals: { 403: 'Only the recipient may change the status of a message', 404: NOT_FOUND },
  })
  async setStatus(
    @Param() { id }: MessageId,
    @Body() { status }: SetMessageStatus,
    @Caller() caller: PersonCaller,
    @Correlated() correlation: Correlation,
  ) {
    const command = commandOf(caller, correlation, { login: caller.login, messageId: id, status });
    return (await correlation.carryOut(() => this.queues.ask(delivery, 'set-status', command))).verdict;
  }

  @Patch()
  @People()
  @Operation({
    id: 'setMessageStatuses',
    summary: 'Mark up to 100 messages as read, unread or archived',
    description: 'Each message succeeds or fails by itself, in order: one that is unknown does not fail the others.',
    responses: { 200: MarkedMessages },
    command: true,
  })
  async setStatuses(
    @Body() { ids, status }: SetMessageStatuses,
    @Caller() caller: PersonCaller,
    @Correlated() correlation: Correlation,
  ) {
    const command = commandOf(caller, correlation, { login: caller.login, ids, status });
    return (await correlation.carryOut(() => this.queues.ask(delivery, 'set-statuses', command))).verdict;
  }

  @Post('read-all')
  @HttpCode(200)
  @People()
  @Operation({
    id: 'readAll',
    summary: 'Mark everything received as read',
    description: IN_SLICES,
    responses: { 200: Updated },
    command: true,
    refusals: { 404: NOT_FOUND },
  })
  async readAll(@Body() body: MarkAll, @Caller() caller: PersonCaller, @Correlated() correlation: Correlation) {
    // A worker of the version before knows no end and no tab, and must not mark more than it was asked for.
    if (body?.upTo || body?.tab) return this.mark('read', body, caller, correlation);
    const command = commandOf(caller, correlation, { login: caller.login });
    return (await correlation.carryOut(() => this.queues.ask(delivery, 'read-all', command))).verdict;
  }

  @Post('archive-all')
  @HttpCode(200)
  @People()
  @Operation({
    id: 'archiveAll',
    summary: 'Archive everything received',
    description: IN_SLICES,
    responses: { 200: Updated },
    command: true,
    refusals: { 404: NOT_FOUND },
  })
  archiveAll(@Body() body: MarkAll, @Caller() caller: PersonCaller, @Correlated() correlation: Correlation) {
    return this.mark('archived', body, caller, correlation);
  }

  @Post('seen')
  @HttpCode(200)
  @People()
  @Operation({
    id: 'markSeen',
    summary: 'Mark what was received up to a message as seen',
    description: 'A message that is read counts as seen. `left` says that there were too many for one request.',
    responses: { 200: Updated },
    command: true,
    refusals: { 404: NOT_FOUND },
  })
  seen(@Body() body: MarkSeen, @Caller() caller: PersonCaller, @Correlated() correlation: Correlation) {
    return this.mark('seen', body, caller, correlation);
  }

  private async mark(mark: Mark, body: Partial<MarkAll> | undefined, caller: PersonCaller, correlation: Correlation) {
    const { upTo, tab } = body ?? {};
    const command = commandOf(caller, correlation, { login: caller.login, mark, upTo, tab });
    return (await correlation.carryOut(() => this.queues.ask(delivery, 'mark-all', command))).verdict;
  }
}

const commandOf = <Fields>({ companyId }: PersonCaller, { id: correlationId }: Correlation, body: Fields) => ({
  v: 1 as const,
  correlationId,
  companyId,
  body,
});
