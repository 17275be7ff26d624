import { Module } from '@nestjs/common';
import { LiveModule } from '../live/live.module.js';
import { ActionAnalyticsController } from './action-analytics.controller.js';
import { ActionAnalyticsQuery } from './action-analytics.query.js';
import { ActionsStream } from './actions.stream.js';
import { AgentActionsController } from './agent-actions.controller.js';
import { AgentActionsQuery } from './agent-actions.query.js';
import { OwnActions } from './own-actions.js';

@Module({
  imports: [LiveModule],
  controllers: [ActionAnalyticsController, AgentActionsController],
  providers: [ActionAnalyticsQuery, AgentActionsQuery, ActionsStream, OwnActions],
})
export class AgentActionsModule {}
