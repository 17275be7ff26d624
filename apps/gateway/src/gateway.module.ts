import { HEALTH_WORK, HealthModule, type HealthWork, registerPoolGauges } from '@herald/bootstrap';
import { agentActions, delivery, merchantAnswered, merchantAnswers, unavailable } from '@herald/contracts';
import { Database, DatabaseModule } from '@herald/database';
import { QueueClient, QueueModule } from '@herald/queue';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, DiscoveryModule, HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { AgentActionsController } from './agent-actions/agent-actions.controller.js';
import { AgentActionsQuery } from './agent-actions/agent-actions.query.js';
import { AccessGate } from './access/access.gate.js';
import { CredentialStore } from './access/credential.store.js';
import { JwtKeys } from './access/jwt.keys.js';
import { JwtStrategy } from './access/jwt.strategy.js';
import { KnownSecrets } from './access/known-secrets.js';
import { FeedController } from './delivery/feed.controller.js';
import { FeedQuery } from './delivery/feed.query.js';
import { MessageTraceController } from './delivery/message-trace.controller.js';
import { MessageTraceQuery } from './delivery/message-trace.query.js';
import type { GatewayEnv } from './gateway.env.js';
import { HttpErrorsFilter } from './errors/http-errors.filter.js';
import { Validation } from './validation/validation.js';
import { MerchantAnswersController } from './merchant-answers/merchant-answers.controller.js';
import { MerchantAnswersQuery } from './merchant-answers/merchant-answers.query.js';
import { DocsController } from './openapi/docs.controller.js';
import { FaviconController } from './openapi/favicon.controller.js';
import { OpenApiController } from './openapi/openapi.controller.js';
import { EventRelay } from './outbox/event.relay.js';
import { OutboxCeiling } from './outbox/outbox.ceiling.js';
import { OutboxFeeder } from './outbox/outbox.feeder.js';
import { OutboxSweeper } from './outbox/outbox.sweeper.js';
import { OutboxWriter } from './outbox/outbox.writer.js';
import { OwedPublisher } from './outbox/owed-publisher.js';
import { FailedLogins } from './access/failed-logins.js';
import { RateLimiter } from './access/rate-limiter.js';

/** Settings, Postgres and the queues, which every slice uses. Closed last: first the queues, then the database. */
@Module({})
class FoundationModule {
  static forRoot(settings: GatewayEnv): DynamicModule {
    const { DATABASE_URL, DATABASE_POOL_SIZE, REDIS_URL, QUEUE_NAMESPACE, QUEUE_SECRET } = settings;
    return {
      module: FoundationModule,
      global: true,
      imports: [
        DatabaseModule.forRoot({
          url: DATABASE_URL,
          applicationName: 'herald-gateway',
          poolSize: DATABASE_POOL_SIZE,
          watchPool: registerPoolGauges,
        }),
        QueueModule.forRoot({
          provide: QueueClient,
          inject: [Database],
          useFactory: async (database: Database) => {
            const client = new QueueClient([delivery, agentActions, merchantAnswers, merchantAnswered], {
              redis: REDIS_URL,
              namespace: QUEUE_NAMESPACE,
              secrets: QUEUE_SECRET,
              beforeCommand() {
                if (database.isAway) throw unavailable('The database is away; try again');
              },
            });
            await client.check();
            return client;
          },
        }),
      ],
      providers: [{ provide: 'GATEWAY_ENV', useValue: settings }],
      exports: ['GATEWAY_ENV'],
    };
  }
}

@Global()
@Module({
  providers: [
    OwedPublisher,
    OutboxCeiling,
    OutboxFeeder,
    OutboxWriter,
    OutboxSweeper,
    EventRelay,
    {
      provide: HEALTH_WORK,
      inject: ['GATEWAY_ENV', OutboxWriter, OutboxFeeder, OutboxSweeper, EventRelay, HttpAdapterHost],
      useFactory: (
        { STUCK_AFTER_MS }: GatewayEnv,
        writer: OutboxWriter,
        feeder: OutboxFeeder,
        sweeper: OutboxSweeper,
        relay: EventRelay,
        { httpAdapter }: HttpAdapterHost<FastifyAdapter>,
      ): HealthWork => ({
        work: {
          commits: () => writer.progress(),
          feeding: () => feeder.progress(),
          sweeping: () => sweeper.progress(),
          'publishing of events': () => relay.progress('publishing'),
          'settling of events': () => relay.progress('settling'),
          'requests without a connection': () => httpAdapter.getInstance().inFlight.progress(),
        },
        stuckAfterMs: STUCK_AFTER_MS,
      }),
    },
  ],
  exports: [OutboxWriter, HEALTH_WORK],
})
class OutboxModule {}

@Module({ controllers: [FeedController, MessageTraceController], providers: [FeedQuery, MessageTraceQuery] })
class DeliveryModule {}

@Module({ controllers: [AgentActionsController], providers: [AgentActionsQuery] })
class AgentActionsModule {}

@Module({ controllers: [MerchantAnswersController], providers: [MerchantAnswersQuery] })
class MerchantAnswersModule {}

@Module({ imports: [DiscoveryModule], controllers: [OpenApiController, DocsController, FaviconController] })
class OpenApiModule {}

/** All slices, and the guard, pipe and filter that apply to every route. */
@Module({
  providers: [
    CredentialStore,
    KnownSecrets,
    JwtKeys,
    JwtStrategy,
    RateLimiter,
    FailedLogins,
    AccessGate,
    { provide: APP_GUARD, useExisting: AccessGate },
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
        OutboxModule,
        DeliveryModule,
        AgentActionsModule,
        MerchantAnswersModule,
        OpenApiModule,
      ],
    };
  }
}
