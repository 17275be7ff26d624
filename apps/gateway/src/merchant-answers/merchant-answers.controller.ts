import { anyJsonObject, type Answered, type Done, type JsonObject, merchantAnswers, notFound } from '@herald/contracts';
import { QueueClient } from '@herald/queue';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Merchants } from '../auth/access.decorators.js';
import { Caller, type MerchantCaller } from '../auth/caller.js';
import { Correlated, type Correlation } from '../http/correlation.js';
import { anyText, oneOf } from '../http/query-fields.js';
import { MerchantAnswersQuery, notificationCursor } from './merchant-answers.query.js';

const PATH = 'api/v1/notification';

const ListParams = z.object({
  status: oneOf(['requested', 'answered']).optional(),
  /** May be repeated. */
  notification_types: z
    .preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(anyText))
    .optional(),
  cursor: notificationCursor.optional(),
});

/** What the body must hold depends on the notification, which the worker knows. */
const JsonBody = anyJsonObject();

/** The merchant-answers API: questions that wait for a merchant (merchant-answers document; contract, "C"). */
@Controller(PATH)
export class MerchantAnswersController {
  constructor(
    private readonly notifications: MerchantAnswersQuery,
    private readonly queues: QueueClient,
  ) {}

  /** The merchant's notifications, newest first: at most 1,000, and a `Link` to the next ones when there are more. */
  @Get()
  @Merchants()
  async list(
    @Query({ schema: ListParams }) params: z.output<typeof ListParams>,
    @Caller() { merchantId }: MerchantCaller,
    @Res({ passthrough: true }) response: FastifyReply,
  ) {
    const { data, nextCursor } = await this.notifications.page(merchantId, params);
    if (nextCursor) void response.header('Link', `<${nextPage(params, nextCursor)}>; rel="next"`);
    return data;
  }

  /** 200 once it is committed. */
  @Post('request')
  @Merchants()
  @HttpCode(200)
  async request(
    @Body({ schema: JsonBody }) body: JsonObject,
    @Caller() { merchantId }: MerchantCaller,
    @Correlated() correlation: Correlation,
  ) {
    const command = { v: 1 as const, correlationId: correlation.id, merchantId, body };
    return told(await this.queues.ask(merchantAnswers, 'request', command), correlation);
  }

  /** 200 for the one answer that wins, once it is committed. */
  @Post(':id/answer')
  @Merchants()
  @HttpCode(200)
  async answer(
    @Param('id') id: string,
    @Body({ schema: JsonBody }) body: JsonObject,
    @Caller() { merchantId }: MerchantCaller,
    @Correlated() correlation: Correlation,
  ) {
    const command = {
      v: 1 as const,
      correlationId: correlation.id,
      merchantId,
      notificationId: idOf(id),
      body,
    };
    return told(await this.queues.ask(merchantAnswers, 'answer', command), correlation);
  }

  @Delete(':id')
  @Merchants()
  async delete(
    @Param('id') id: string,
    @Caller() { merchantId }: MerchantCaller,
    @Correlated() correlation: Correlation,
  ) {
    const command = { v: 1 as const, correlationId: correlation.id, merchantId, notificationId: idOf(id) };
    return told(await this.queues.ask(merchantAnswers, 'delete', command), correlation);
  }
}

function told({ verdict, replayed }: Answered<Done>, correlation: Correlation): Done {
  if (replayed) correlation.markReplayed();
  return verdict;
}

/** @throws Refusal 404: what cannot be an id is the id of nothing */
function idOf(segment: string): number {
  const id = /^[1-9]\d{0,15}$/.test(segment) ? Number(segment) : 0;
  if (id === 0 || !Number.isSafeInteger(id)) throw notFound('Notification not found');
  return id;
}

function nextPage({ status, notification_types = [] }: z.output<typeof ListParams>, cursor: string): string {
  const query = new URLSearchParams(notification_types.map((type) => ['notification_types', type]));
  if (status) query.set('status', status);
  query.set('cursor', cursor);
  return `/${PATH}/?${query}`;
}
