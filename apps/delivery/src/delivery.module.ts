import {
  HEALTH_CHECKS,
  HEALTH_WORK,
  type HealthChecks,
  HealthModule,
  type HealthWork,
  recordRun,
  registerPoolGauges,
} from '@herald/bootstrap';
import { delivery } from '@herald/contracts';
import { Database, FEED, MessageLedger, Retention } from '@herald/database';
import { QueueServer } from '@herald/queue';
import { Global, Inject, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DeliveryConsumer } from './delivery.consumer.js';
import { env } from './delivery.env.js';

@Global()
@Module({
  imports: [HealthModule],
  controllers: [DeliveryConsumer],
  providers: [
    {
      provide: Database,
      useFactory: () => {
        const { DATABASE_URL, DATABASE_POOL_SIZE } = env();
        return new Database({ url: DATABASE_URL, applicationName: 'herald-delivery', poolSize: DATABASE_POOL_SIZE });
      },
    },
    { provide: MessageLedger, inject: [Database], useFactory: (database: Database) => new MessageLedger(database) },
    {
      provide: QueueServer,
      inject: [MessageLedger],
      useFactory: (ledger: MessageLedger) => {
        const {
          REDIS_URL,
          QUEUE_NAMESPACE,
          QUEUE_SECRET,
          DELIVERY_CONCURRENCY,
          JOB_LOCK_MS,
          SHUTDOWN_TIMEOUT_MS,
          PRODUCER_TIME_BEHIND_DAYS,
          PRODUCER_TIME_AHEAD_MS,
        } = env();
        return new QueueServer({
          contract: delivery,
          ledger,
          redis: REDIS_URL,
          namespace: QUEUE_NAMESPACE,
          secrets: QUEUE_SECRET,
          concurrency: DELIVERY_CONCURRENCY,
          lockMs: JOB_LOCK_MS,
          believed: { behindDays: PRODUCER_TIME_BEHIND_DAYS, aheadMs: PRODUCER_TIME_AHEAD_MS },
          closeTimeoutMs: SHUTDOWN_TIMEOUT_MS,
          onRun: recordRun,
        });
      },
    },
    {
      provide: Retention,
      inject: [Database],
      useFactory: (database: Database) => {
        const { FEED_DAYS, RETENTION_EVERY_MS } = env();
        const log = new Logger(Retention.name);
        return new Retention(database, { kept: FEED, days: FEED_DAYS, everyMs: RETENTION_EVERY_MS, log });
      },
    },
    {
      provide: HEALTH_CHECKS,
      inject: [Database, QueueServer],
      useFactory: (database: Database, server: QueueServer): HealthChecks => ({
        postgres: () => database.ping(),
        redis: () => server.ping(),
      }),
    },
    {
      provide: HEALTH_WORK,
      inject: [QueueServer],
      useFactory: (server: QueueServer): HealthWork => ({
        work: { jobs: () => server.progress() },
        stuckAfterMs: env().STUCK_AFTER_MS,
      }),
    },
  ],
  exports: [HEALTH_CHECKS, HEALTH_WORK],
})
export class DeliveryModule implements OnApplicationShutdown {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Retention) private readonly retention: Retention,
  ) {
    registerPoolGauges(() => database.connections);
  }

  /** After the queue: what is in work still needs the database. */
  async onApplicationShutdown(): Promise<void> {
    await this.retention.stop();
    await this.database.close();
  }
}
