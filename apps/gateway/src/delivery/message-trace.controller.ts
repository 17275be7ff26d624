import { Group, Operation } from '@herald/bootstrap';
import { MessageTrace, notFound } from '@herald/contracts';
import { Controller, Get, Param } from '@nestjs/common';
import { ScopeOrMerchants } from '../access/access.decorators.js';
import { Caller, type CredentialCaller, type MerchantCaller } from '../access/caller.js';
import { CorrelationId, NOT_FOUND } from './feed.params.js';
import { MessageTraceQuery } from './message-trace.query.js';

/** The trace of a message, step by step (contracts README, "Following a message"). */
@Controller('v1/messages')
@Group('delivery')
export class MessageTraceController {
  constructor(private readonly traces: MessageTraceQuery) {}

  @Get(':correlationId')
  @ScopeOrMerchants('messages:read')
  @Operation({
    id: 'traceMessage',
    summary: 'Follow a message',
    description:
      'Every step of a message, an agent action, a question, an answer or another command, by the `correlationId` that ' +
      'its sender got. A merchant follows their own questions, answers and commands.',
    responses: { 200: MessageTrace },
    refusals: { 404: NOT_FOUND },
  })
  async trace(@Param() { correlationId }: CorrelationId, @Caller() caller: CredentialCaller | MerchantCaller) {
    const trace =
      caller.kind === 'merchant'
        ? await this.traces.findForMerchant(caller.merchantId, correlationId)
        : await this.traces.find(caller.companyId, correlationId);
    if (!trace) throw notFound(NOT_FOUND);
    return trace;
  }
}
