import { Group, Operation } from '@herald/bootstrap';
import {
  AnswerNotification,
  Done,
  merchantAnswers,
  NotificationCounts,
  NotificationDetails,
  NotificationItem,
  notFound,
  RequestNotification,
} from '@herald/contracts';
import { QueueClient } from '@herald/queue';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Merchants } from '../access/access.decorators.js';
import { Caller, type MerchantCaller } from '../access/caller.js';
import { POSITION_HEADER, STREAM_POSITION } from '../live/stream.params.js';
import { Correlated, type Correlation } from '../idempotency/correlation.js';
import { STREAMS_FULL, Streams, TOO_MANY_STREAMS } from '../live/streams.js';
import { ListParams, NOT_FOUND, NotificationId, QuestionsStreamParams } from './merchant-answers.params.js';
import { MerchantAnswersQuery } from './merchant-answers.query.js';
import { QuestionsStream } from './questions.stream.js';

const PATH = 'api/v1/notification';
const INVALID_STATUS = 'status must be one of requested, answered, expired';

/** The merchant-answers API: questions that wait for a merchant (contracts README, "Merchant answers"). */
@Controller(PATH)
@Group('merchant-answers')
export class MerchantAnswersController {
  constructor(
    private readonly notifications: MerchantAnswersQuery,
    private readonly queues: QueueClient,
    private readonly questionsStream: QuestionsStream,
    private readonly streams: Streams,
  ) {}

  @Get()
  @Merchants()
  @Operation({
    id: 'listNotifications',
    summary: 'Get notifications for the authenticated merchant',
    description: 'Newest first: at most 1,000, and a `Link` to the next ones when there are more.',
    responses: { 200: [NotificationItem] },
    refusals: { 400: INVALID_STATUS },
    headers: { Link: 'Where the list goes on, as `rel="next"`', ...POSITION_HEADER },
  })
  async list(
    @Query() params: ListParams,
    @Caller() { merchantId }: MerchantCaller,
    @Res({ passthrough: true }) response: FastifyReply,
  ) {
    const { data, nextCursor, position } = await this.notifications.page(merchantId, params);
    void response.header(STREAM_POSITION, position);
    if (nextCursor) void response.header('Link', `<${nextPage(params, nextCursor)}>; rel="next"`);
    return data;
  }

  @Get('stream')
  @Merchants()
  @Operation({
    id: 'streamNotifications',
    summary: 'Follow the notifications of the authenticated merchant',
    description:
      'Server-sent events: `question` with each notification that is requested, answered or expires, `removed` with the ' +
      'id of one that is deleted or that the filters no longer show, and `reset` when too much was missed to be sent ' +
      'again. `Last-Event-ID` continues where a stream ended.',
    responses: { 200: NotificationItem },
    stream: true,
    refusals: { 400: INVALID_STATUS, 429: TOO_MANY_STREAMS, 503: STREAMS_FULL },
  })
  async stream(
    @Query() params: QuestionsStreamParams,
    @Caller() { merchantId }: MerchantCaller,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<never> {
    await this.notifications.refuseUnknownTypes(merchantId, params.notification_types);
    return this.streams.start(request, reply, this.questionsStream.of(merchantId, params)) as never;
  }

  @Get('counts')
  @Merchants()
  @Operation({
    id: 'countNotifications',
    summary: "Count the merchant's notifications",
    description: 'By status, in total and for each type, at the same cost for any number of them.',
    responses: { 200: NotificationCounts },
  })
  counts(@Caller() { merchantId }: MerchantCaller) {
    return this.notifications.counts(merchantId);
  }

  @Get(':notification_id')
  @Merchants()
  @Operation({
    id: 'getNotification',
    summary: 'Get a notification',
    description: 'All that a form for the answer needs and, once it is answered, the answer.',
    responses: { 200: NotificationDetails },
    refusals: { 404: NOT_FOUND },
  })
  async find(@Param() { notification_id }: NotificationId, @Caller() { merchantId }: MerchantCaller) {
    const notification = await this.notifications.find(merchantId, notification_id);
    if (!notification) throw notFound(NOT_FOUND);
    return notification;
  }

  @Post('request')
  @Merchants()
  @HttpCode(200)
  @Operation({
    id: 'requestNotification',
    summary: 'Create a new notification request',
    description:
      'Asks the merchant a question. 200 once it is committed. The context holds the `requested_fields` of the type. ' +
      'With `expires_at`, or a type that limits the time for an answer, the question ends then unless it was answered.',
    responses: { 200: Done },
    examples: { 200: { message: 'Notification requested successfully' } },
    command: true,
    refusals: {
      400: 'expires_at must be in the future',
      500: [
        'question is required',
        'conversation_id must be a number',
        'Conversation not found',
        'Invalid notification type',
      ],
    },
  })
  async request(
    @Body() body: RequestNotification,
    @Caller() { merchantId }: MerchantCaller,
    @Correlated() correlation: Correlation,
  ) {
    const command = { v: 1 as const, correlationId: correlation.id, merchantId, body };
    return (await correlation.carryOut(() => this.queues.ask(merchantAnswers, 'request', command))).verdict;
  }

  @Post(':notification_id/answer')
  @Merchants()
  @HttpCode(200)
  @Operation({
    id: 'answerNotification',
    summary: 'Answer a notification',
    description:
      '200 for the one answer that wins, once it is committed. The answer must include all `answered_fields` and match ' +
      "the notification's JSON Schema.",
    responses: { 200: Done },
    examples: { 200: { message: 'Notification answered successfully' } },
    command: true,
    refusals: {
      404: NOT_FOUND,
      500: [
        'Answer validation failed against JSON schema: answer must be string',
        'Missing admin response content in context (expected field: answer)',
        'This notification has already been answered and cannot be answered again.',
        'This notification has expired and cannot be answered.',
      ],
    },
  })
  async answer(
    @Param() { notification_id }: NotificationId,
    @Body() body: AnswerNotification,
    @Caller() { merchantId }: MerchantCaller,
    @Correlated() correlation: Correlation,
  ) {
    const command = {
      v: 1 as const,
      correlationId: correlation.id,
      merchantId,
      notificationId: notification_id,
      body,
    };
    return (await correlation.carryOut(() => this.queues.ask(merchantAnswers, 'answer', command))).verdict;
  }

  @Delete(':notification_id')
  @Merchants()
  @Operation({
    id: 'deleteNotification',
    summary: 'Delete a notification',
    description: 'Dismisses a notification, or deletes one that was answered or has expired.',
    responses: { 200: Done },
    examples: { 200: { message: 'Notification deleted successfully' } },
    command: true,
    refusals: { 404: NOT_FOUND },
  })
  async delete(
    @Param() { notification_id }: NotificationId,
    @Caller() { merchantId }: MerchantCaller,
    @Correlated() correlation: Correlation,
  ) {
    const command = { v: 1 as const, correlationId: correlation.id, merchantId, notificationId: notification_id };
    return (await correlation.carryOut(() => this.queues.ask(merchantAnswers, 'delete', command))).verdict;
  }
}

function nextPage({ status, notification_types = [] }: ListParams, cursor: string): string {
  const query = new URLSearchParams(notification_types.map((type) => ['notification_types', type]));
  if (status) query.set('status', status);
  query.set('cursor', cursor);
  return `/${PATH}/?${query}`;
}
