import { Group, Operation } from '@herald/bootstrap';
import {
  Accepted,
  BatchResults,
  check,
  delivery,
  FeedItem,
  FeedPage,
  forbidden,
  Refusal,
  RefusedBatch,
  SendMessage,
  SendMessages,
  SetMessageStatus,
  UnreadCount,
  Updated,
} from '@herald/contracts';
import type { NewMessage } from '@herald/database';
import { QueueClient } from '@herald/queue';
import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { People, Scope } from '../access/access.decorators.js';
import { Caller, type CredentialCaller, type PersonCaller } from '../access/caller.js';
import { Correlated, type Correlation } from '../idempotency/correlation.js';
import { ItemFaults } from '../validation/validation.js';
import { POSITION_HEADER, STREAM_POSITION, StreamParams } from '../live/stream.params.js';
import { STREAMS_FULL, Streams, TOO_MANY_STREAMS } from '../live/streams.js';
import { OUTBOX_FULL, OutboxWriter } from '../outbox/outbox.writer.js';
import { FeedParams, MessageId, NOT_FOUND, Nothing } from './feed.params.js';
import { FeedQuery } from './feed.query.js';
import { FeedStream } from './feed.stream.js';

const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/** Returns the number of messages in a batch; a batch that is refused as a whole counts as one request. */
const messagesIn = (body: unknown) => check(SendMessages, body).value?.messages.length ?? 1;

const NONE_VALID = 'No message of the batch is good; results says what is wrong with each';
const FOREIGN_AUTHOR = 'This credential may not write as this author';

/** The delivery API: programs send, people read (contracts README, "Delivery"). */
@Controller('v1/feed')
@Group('delivery')
export class FeedController {
  constructor(
    private readonly outbox: OutboxWriter,
    private readonly feed: FeedQuery,
    private readonly queues: QueueClient,
    private readonly feedStream: FeedStream,
    private readonly streams: Streams,
  ) {}

  @Post('ai')
  @HttpCode(202)
  @Scope('delivery:send')
  @Operation({
    id: 'sendMessage',
    summary: 'Send a message',
    description: '202 once the message is committed; it reaches the feed through the queue, some milliseconds later.',
    responses: { 202: Accepted },
    refusals: { 403: FOREIGN_AUTHOR, 503: OUTBOX_FULL },
  })
  async send(@Body() body: SendMessage, @Caller() caller: CredentialCaller, @Correlated() correlation: Correlation) {
    if (!mayWriteAs(caller, body)) throw forbidden(FOREIGN_AUTHOR);
    correlation.marked(await this.outbox.accept([messageOf(correlation.id, caller, body)], correlation.key));
    return { correlationId: correlation.id };
  }

  @Post('ai/batch')
  @HttpCode(202)
  @Scope('delivery:send')
  @RouteConfig({ bodyLimit: MAX_BATCH_BYTES, costOf: messagesIn })
  @Operation({
    id: 'sendMessages',
    summary: 'Send up to 1,000 messages',
    description:
      'Each message succeeds or fails by itself, in order; 400 with the same results when none was good. Up to 8 MiB.',
    responses: { 202: BatchResults, 400: RefusedBatch },
    refusals: { 413: '1000 messages at once are more than the 100 that may be sent in 60 s', 503: OUTBOX_FULL },
  })
  async sendBatch(
    @Body() batch: SendMessages,
    @Caller() caller: CredentialCaller,
    @Correlated(false) correlation: Correlation,
  ) {
    const accepted: NewMessage[] = [];
    const faults = new ItemFaults();
    const results = batch.messages.map((item, index): BatchResults['results'][number] => {
      const { value, issues } = check(SendMessage, item);
      if (issues) return faults.of(issues);
      if (!mayWriteAs(caller, value)) return { error: 'Forbidden', message: FOREIGN_AUTHOR, errors: [] };
      const message = messageOf(correlation.idAt(index), caller, value);
      accepted.push(message);
      return { correlationId: message.id };
    });
    if (accepted.length === 0) {
      const refused = results.filter((result) => 'error' in result);
      throw new Refusal({ status: 400, message: NONE_VALID, results: refused });
    }
    correlation.marked(await this.outbox.accept(accepted, correlation.key));
    return { results };
  }

  @Get()
  @People()
  @Operation({
    id: 'readFeed',
    summary: 'Read a feed',
    description: 'What the person received and what they wrote, newest first.',
    responses: { 200: FeedPage },
    refusals: { 400: 'limit must be a whole number from 1 to 100' },
    headers: POSITION_HEADER,
  })
  async list(
    @Query() params: FeedParams,
    @Caller() caller: PersonCaller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { position, page } = await this.feed.page(caller, params);
    void reply.header(STREAM_POSITION, position);
    return page;
  }

  @Get('unread-count')
  @People()
  @Operation({ id: 'countUnread', summary: 'Count the unread messages', responses: { 200: UnreadCount } })
  unreadCount(@Caller() caller: PersonCaller) {
    return this.feed.unread(caller);
  }

  @Get('stream')
  @People()
  @Operation({
    id: 'streamFeed',
    summary: 'Follow a feed',
    description:
      'Server-sent events: `message` with each message that arrives or changes, `unread` with the counts, and `reset` ' +
      'when too much was missed to be sent again. `Last-Event-ID` continues where a stream ended.',
    responses: { 200: FeedItem },
    stream: true,
    refusals: { 400: 'last_event_id must be given once', 429: TOO_MANY_STREAMS, 503: STREAMS_FULL },
  })
  stream(
    @Query() _: StreamParams,
    @Caller() caller: PersonCaller,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): never {
    return this.streams.start(request, reply, this.feedStream.of(caller)) as never;
  }

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
    const command = {
      v: 1 as const,
      correlationId: correlation.id,
      companyId: caller.companyId,
      body: { login: caller.login, messageId: id, status },
    };
    return correlation.marked(await this.queues.ask(delivery, 'set-status', command)).verdict;
  }

  @Post('read-all')
  @HttpCode(200)
  @People()
  @Operation({
    id: 'readAll',
    summary: 'Mark everything received as read',
    responses: { 200: Updated },
    command: true,
  })
  async readAll(@Body() _: Nothing, @Caller() caller: PersonCaller, @Correlated() correlation: Correlation) {
    const command = {
      v: 1 as const,
      correlationId: correlation.id,
      companyId: caller.companyId,
      body: { login: caller.login },
    };
    return correlation.marked(await this.queues.ask(delivery, 'read-all', command)).verdict;
  }
}

function messageOf(id: string, { companyId }: CredentialCaller, body: SendMessage): NewMessage {
  return { id, queue: delivery.queue, job: 'deliver', companyId, body };
}

/** Returns whether the credential may write as the author. */
function mayWriteAs({ authorLogins }: CredentialCaller, { message }: SendMessage): boolean {
  return !authorLogins || authorLogins.includes(message.authorLogin);
}
