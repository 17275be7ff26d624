import { notFound, uuid } from '@herald/contracts';
import { Controller, Get, Param } from '@nestjs/common';
import { Scope } from '../auth/access.decorators.js';
import { Caller, type CredentialCaller } from '../auth/caller.js';
import { MessageTraceQuery } from './message-trace.query.js';

/** The way of a message, step by step (delivery document, "Correlação de Mensagens"; contract, "L: delivery"). */
@Controller('v1/messages')
export class MessageTraceController {
  constructor(private readonly traces: MessageTraceQuery) {}

  @Get(':correlationId')
  @Scope('messages:read')
  async trace(@Param('correlationId') correlationId: string, @Caller() caller: CredentialCaller) {
    const id = uuid().safeParse(correlationId);
    const trace = id.success && (await this.traces.find(caller.companyId, id.data));
    if (!trace) throw notFound('Message not found');
    return trace;
  }
}
