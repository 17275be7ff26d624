import { Module } from '@nestjs/common';
import { AgentActionsController } from './agent-actions.controller.js';
import { AgentActionsQuery } from './agent-actions.query.js';

@Module({ controllers: [AgentActionsController], providers: [AgentActionsQuery] })
export class AgentActionsModule {}
