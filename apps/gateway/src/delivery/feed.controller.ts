import { Group, Operation } from '@herald/bootstrap';
import {
  Accepted,
  BatchResults,
  check,
  delivery,
  FeedItem,
  FeedPage,
  forbidden,
  notFound,
  Refusal,
  RefusedBatch,
  SendMessage,
  SendMessages,
  UnreadCount,
} from '@herald/contracts';
import type { NewMessage } from '@herald/database';
import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { People, Scope } from '../access/access.decorators.js';
import { Caller, type CredentialCaller, type PersonCaller } from '../access/caller.js';
import { Correlated, type Correlation } from '../idempotency/correlation.js';
import { ItemFaults } from '../validation/validation.js';
import { POSITION_HEADER, STREAM_POSITION, StreamParams } from '../live/stream.params.js';
import { STREAMS_FULL, Streams, TOO_MANY_STREAMS } from '../live/streams.js';
import { OUTBOX_FULL, OutboxWriter } from '../outbox/outbox.writer.js';
import { FeedParams, MessageId, NOT_FOUND } from './feed.params.js';
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
    await correlation.carryOut(() => this.outbox.accept([messageOf(correlation.id, caller, body)], correlation.key));
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
    const { correlationIds } = await correlation.carryOut(() => this.outbox.accept(accepted, correlation.key));
    return { results: correlationIds ? withIds(results, correlationIds) : results };
  }

  @Get()
  @People()
  @Operation({
    id: 'readFeed',
    summary: 'Read a feed',
    description: 'What the person received, what they wrote, or both; newest first.',
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

  @Get(':id')
  @People()
  @Operation({
    id: 'getMessage',
    summary: 'Read one message of a feed',
    description: 'A message that the person received or wrote, as the list shows it.',
    responses: { 200: FeedItem },
    refusals: { 404: NOT_FOUND },
  })
  async find(@Param() { id }: MessageId, @Caller() caller: PersonCaller) {
    const item = await this.feed.find(caller, id);
    if (!item) throw notFound(NOT_FOUND);
    return item;
  }
}

/** Returns the results with the correlationIds that the messages have. */
function withIds(results: BatchResults['results'], correlationIds: string[]): BatchResults['results'] {
  let seat = 0;
  return results.map((result) =>
    'error' in result ? result : { correlationId: correlationIds[seat++] ?? result.correlationId },
  );
}

function messageOf(id: string, { companyId }: CredentialCaller, body: SendMessage): NewMessage {
  return { id, queue: delivery.queue, job: 'deliver', companyId, body };
}

/** Returns whether the credential may write as the author. */
function mayWriteAs({ authorLogins }: CredentialCaller, { message }: SendMessage): boolean {
  return !authorLogins || authorLogins.includes(message.authorLogin);
}
