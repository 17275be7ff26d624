import { HealthModule } from '@herald/bootstrap';
import { Database } from '@herald/database';
import { QueueClient } from '@herald/queue';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import { AccessModule } from './access/access.module.js';
import { AgentActionsModule } from './agent-actions/agent-actions.module.js';
import { DeliveryModule } from './delivery/delivery.module.js';
import { HttpErrorsFilter } from './errors/http-errors.filter.js';
import { FoundationModule } from './foundation.module.js';
import type { GatewayEnv } from './gateway.env.js';
import { LiveModule } from './live/live.module.js';
import { MerchantAnswersModule } from './merchant-answers/merchant-answers.module.js';
import { OpenApiModule } from './openapi/openapi.module.js';
import { OutboxModule } from './outbox/outbox.module.js';
import { RetentionModule } from './retention.module.js';
import { Validation } from './validation/validation.js';

/** All rooms of the gateway, and the pipe and filter that apply to every route. */
@Module({
  providers: [
    { provide: APP_PIPE, useClass: Validation },
    { provide: APP_FILTER, useClass: HttpErrorsFilter },
  ],
})
export class GatewayModule {
  static forRoot(settings: GatewayEnv): DynamicModule {
    return {
      module: GatewayModule,
      imports: [
        DiscoveryModule,
        FoundationModule.forRoot(settings),
        HealthModule.forRoot({ postgres: Database, redis: QueueClient }),
        AccessModule,
        OutboxModule,
        RetentionModule,
        LiveModule,
        DeliveryModule,
        AgentActionsModule,
        MerchantAnswersModule,
        OpenApiModule,
      ],
    };
  }
}
