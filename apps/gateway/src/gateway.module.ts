import {
  HEALTH_CHECKS,
  HEALTH_WORK,
  type HealthChecks,
  HealthModule,
  type HealthWork,
  registerPoolGauges,
} from '@herald/bootstrap';
import { agentActions, delivery, merchantAnswered, merchantAnswers, unavailable } from '@herald/contracts';
import { Database } from '@herald/database';
import { QueueClient } from '@herald/queue';
import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, DiscoveryModule, HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { AgentActionsController } from './agent-actions/agent-actions.controller.js';
import { AgentActionsQuery } from './agent-actions/agent-actions.query.js';
import { AccessGate } from './auth/access.gate.js';
import { CredentialStore } from './auth/credential.store.js';
import { JwtKeys } from './auth/jwt.keys.js';
import { JwtStrategy } from './auth/jwt.strategy.js';
import { KnownSecrets } from './auth/known-secrets.js';
import { FeedController } from './delivery/feed.controller.js';
import { FeedQuery } from './delivery/feed.query.js';
import { MessageTraceController } from './delivery/message-trace.controller.js';
import { MessageTraceQuery } from './delivery/message-trace.query.js';
import { env, type GatewayEnv } from './gateway.env.js';
import { HttpErrorsFilter } from './http-errors.filter.js';
import { Validation } from './http/validation.js';
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
import { FailedLogins } from './rate-limit/failed-logins.js';
import { RateLimiter } from './rate-limit/rate-limiter.js';

/** Settings, Postgres and the queues, which every slice uses. Closed last: first the queues, then the database. */
@Global()
@Module({
  providers: [
    { provide: 'GATEWAY_ENV', useFactory: env },
    {
      provide: Database,
      inject: ['GATEWAY_ENV'],
      useFactory: ({ DATABASE_URL, DATABASE_POOL_SIZE }: GatewayEnv) =>
        new Database({ url: DATABASE_URL, applicationName: 'herald-gateway', poolSize: DATABASE_POOL_SIZE }),
    },
    {
      provide: QueueClient,
      inject: ['GATEWAY_ENV', Database],
      useFactory: async ({ REDIS_URL, QUEUE_NAMESPACE, QUEUE_SECRET }: GatewayEnv, database: Database) => {
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
    },
    {
      provide: HEALTH_CHECKS,
      inject: [Database, QueueClient],
      useFactory: (database: Database, client: QueueClient): HealthChecks => ({
        postgres: () => database.ping(),
        redis: () => client.ping(),
      }),
    },
  ],
  exports: ['GATEWAY_ENV', Database, QueueClient, HEALTH_CHECKS],
})
class FoundationModule implements OnApplicationShutdown {
  constructor(
    private readonly database: Database,
    private readonly client: QueueClient,
  ) {
    registerPoolGauges(() => database.connections);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
    await this.database.close();
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
  imports: [
    DiscoveryModule,
    FoundationModule,
    HealthModule,
    OutboxModule,
    DeliveryModule,
    AgentActionsModule,
    MerchantAnswersModule,
    OpenApiModule,
  ],
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
export class GatewayModule {}
