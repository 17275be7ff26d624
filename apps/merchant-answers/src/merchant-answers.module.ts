import {
  HEALTH_CHECKS,
  HEALTH_WORK,
  type HealthChecks,
  HealthModule,
  type HealthWork,
  recordEffects,
  recordRun,
  registerPoolGauges,
} from '@herald/bootstrap';
import { merchantAnswers } from '@herald/contracts';
import { Database, MessageLedger } from '@herald/database';
import { QueueServer } from '@herald/queue';
import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Answers } from './answers.js';
import { MerchantAnswersConsumer } from './merchant-answers.consumer.js';
import { env } from './merchant-answers.env.js';

@Global()
@Module({
  imports: [HealthModule],
  controllers: [MerchantAnswersConsumer],
  providers: [
    {
      provide: Database,
      useFactory: () => {
        const { DATABASE_URL, DATABASE_POOL_SIZE } = env();
        return new Database({
          url: DATABASE_URL,
          applicationName: 'herald-merchant-answers',
          poolSize: DATABASE_POOL_SIZE,
        });
      },
    },
    {
      provide: Answers,
      inject: [Database],
      useFactory: (database: Database) => new Answers(database, env().MERCHANT_ANSWERED_EVENTS === 'on'),
    },
    {
      provide: MessageLedger,
      inject: [Database],
      useFactory: (database: Database) => new MessageLedger(database),
    },
    {
      provide: QueueServer,
      inject: [MessageLedger],
      useFactory: (ledger: MessageLedger) => {
        const {
          REDIS_URL,
          QUEUE_NAMESPACE,
          QUEUE_SECRET,
          MERCHANT_ANSWERS_CONCURRENCY,
          JOB_LOCK_MS,
          SHUTDOWN_TIMEOUT_MS,
          PRODUCER_TIME_BEHIND_DAYS,
          PRODUCER_TIME_AHEAD_MS,
        } = env();
        return new QueueServer({
          contract: merchantAnswers,
          ledger,
          redis: REDIS_URL,
          namespace: QUEUE_NAMESPACE,
          secrets: QUEUE_SECRET,
          concurrency: MERCHANT_ANSWERS_CONCURRENCY,
          lockMs: JOB_LOCK_MS,
          believed: { behindDays: PRODUCER_TIME_BEHIND_DAYS, aheadMs: PRODUCER_TIME_AHEAD_MS },
          closeTimeoutMs: SHUTDOWN_TIMEOUT_MS,
          onRun: (run) => {
            recordRun(run);
            // Every job but `owed` is one message or command of its own.
            if (run.job !== 'owed' && !run.failed) recordEffects(run.queue, [run.queuedAt]);
          },
        });
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
export class MerchantAnswersModule implements OnApplicationShutdown {
  constructor(@Inject(Database) private readonly database: Database) {
    registerPoolGauges(() => database.connections);
  }

  /** After the queue: what is in work still needs the database. */
  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }
}
