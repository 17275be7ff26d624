import { delivery, forbidden, MessageStatus, SendMessage, SetMessageStatus, uuid, notFound } from '@herald/contracts';
import { QueueClient } from '@herald/queue';
import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { People, Scope } from '../auth/access.decorators.js';
import { Caller, type CredentialCaller, type PersonCaller } from '../auth/caller.js';
import { Correlated, type Correlation } from '../http/correlation.js';
import { cursor, oneOf, wholeNumber } from '../http/query-fields.js';
import { fieldErrors, invalid } from '../http/validation.js';
import type { NewMessage } from '../outbox/outbox-message.js';
import { OutboxWriter } from '../outbox/outbox.writer.js';
import { FeedQuery } from './feed.query.js';

const FeedParams = z.object({
  tab: oneOf(['all', 'ai']).default('all'),
  status: oneOf(MessageStatus.options).optional(),
  limit: wholeNumber(1, 100, 50),
  cursor: cursor.optional(),
});

const MAX_MESSAGES = 1000;

/** Counted before anything else is done with them. */
const Batch = z.strictObject({
  messages: z
    .custom<unknown[]>(
      (value) => Array.isArray(value) && value.length > 0 && value.length <= MAX_MESSAGES,
      'must be a list of 1 to 1,000 messages',
    )
    .meta({ type: 'array', minItems: 1, maxItems: MAX_MESSAGES }),
});
const Nothing = z.strictObject({}).nullish();
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/** A batch counts its messages; one that is refused as a whole counts as a request. */
const messagesIn = (body: unknown) => Batch.safeParse(body).data?.messages.length ?? 1;

/** The delivery API: programs send, people read (delivery document; contract, "L: delivery"). */
@Controller('v1/feed')
export class FeedController {
  constructor(
    private readonly outbox: OutboxWriter,
    private readonly feed: FeedQuery,
    private readonly queues: QueueClient,
  ) {}

  /** 202 once the message is committed; it reaches the feed through the queue. */
  @Post('ai')
  @HttpCode(202)
  @Scope('delivery:send')
  async send(
    @Body({ schema: SendMessage }) body: SendMessage,
    @Caller() caller: CredentialCaller,
    @Correlated() correlation: Correlation,
  ) {
    refuseForeignAuthor(caller, body);
    const { replayed } = await this.outbox.accept([messageOf(correlation.id, caller, body)], correlation.key);
    if (replayed) correlation.markReplayed();
    return { correlationId: correlation.id };
  }

  /** Each message succeeds or fails by itself, in order; 400 when none was good. */
  @Post('ai/batch')
  @HttpCode(202)
  @Scope('delivery:send')
  @RouteConfig({ bodyLimit: MAX_BATCH_BYTES, costOf: messagesIn })
  async sendBatch(
    @Body({ schema: Batch }) batch: z.output<typeof Batch>,
    @Caller() caller: CredentialCaller,
    @Correlated(false) correlation: Correlation,
    @Res({ passthrough: true }) response: FastifyReply,
  ) {
    const accepted: NewMessage[] = [];
    const results = batch.messages.map((item, index) => {
      const parsed = SendMessage.safeParse(item);
      const fault = faultOf(parsed, caller);
      if (fault || !parsed.success) return fault;
      const message = messageOf(correlation.at(index), caller, parsed.data);
      accepted.push(message);
      return { correlationId: message.id };
    });
    if (accepted.length === 0) {
      void response.status(400);
      return { results };
    }
    const { replayed } = await this.outbox.accept(accepted, correlation.key);
    if (replayed) correlation.markReplayed();
    return { results };
  }

  /** The caller's feed: what they received and what they wrote, newest first. */
  @Get()
  @People()
  list(@Query({ schema: FeedParams }) params: z.output<typeof FeedParams>, @Caller() caller: PersonCaller) {
    return this.feed.page(caller, params);
  }

  @Get('unread-count')
  @People()
  unreadCount(@Caller() caller: PersonCaller) {
    return this.feed.unread(caller);
  }

  /** Only the recipient may; 200 once it is committed. */
  @Patch(':id')
  @People()
  async setStatus(
    @Param('id') id: string,
    @Body({ schema: SetMessageStatus }) { status }: z.output<typeof SetMessageStatus>,
    @Caller() caller: PersonCaller,
    @Correlated() correlation: Correlation,
  ) {
    const messageId = uuid().safeParse(id);
    if (!messageId.success) throw notFound('Message not found');
    const { verdict, replayed } = await this.queues.ask(delivery, 'set-status', {
      v: 1,
      correlationId: correlation.id,
      companyId: caller.companyId,
      body: { login: caller.login, messageId: messageId.data, status },
    });
    if (replayed) correlation.markReplayed();
    return verdict;
  }

  /** Marks everything received as read. */
  @Post('read-all')
  @HttpCode(200)
  @People()
  async readAll(
    @Body({ schema: Nothing }) _: unknown,
    @Caller() caller: PersonCaller,
    @Correlated() correlation: Correlation,
  ) {
    const { verdict, replayed } = await this.queues.ask(delivery, 'read-all', {
      v: 1,
      correlationId: correlation.id,
      companyId: caller.companyId,
      body: { login: caller.login },
    });
    if (replayed) correlation.markReplayed();
    return verdict;
  }
}

function messageOf(id: string, { companyId }: CredentialCaller, body: SendMessage): NewMessage {
  return { id, queue: delivery.queue, job: 'deliver', companyId, body };
}

/** @throws Refusal 403 when the credential may write as certain logins only, and this is none of them */
function refuseForeignAuthor({ authorLogins }: CredentialCaller, { message }: SendMessage): void {
  if (authorLogins && !authorLogins.includes(message.authorLogin)) {
    throw forbidden('This credential may not write as this author');
  }
}

/** What is wrong with one message of a batch, as its result. */
function faultOf(parsed: z.ZodSafeParseResult<SendMessage>, caller: CredentialCaller) {
  if (!parsed.success) {
    const { issues } = parsed.error;
    return { error: 'ValidationError', message: invalid(issues).message, errors: fieldErrors(issues) };
  }
  if (caller.authorLogins && !caller.authorLogins.includes(parsed.data.message.authorLogin)) {
    return { error: 'Forbidden', message: 'This credential may not write as this author', errors: [] };
  }
  return undefined;
}
