import {
  HealthModule,
  recordRemoved,
  recordRun,
  registerOldestGauge,
  registerPoolGauges,
  type WorkerSettings,
} from '@herald/bootstrap';
import type { QueueContract } from '@herald/contracts';
import { Database, DatabaseModule, MessageLedger, Retention, type RetentionOptions } from '@herald/database';
import { Announcer, type EndedRun, QueueModule, QueueServer } from '@herald/queue';
import { type DynamicModule, Logger, Module, type Provider, type Type } from '@nestjs/common';

/** Everything that differs between workers. */
export interface Worker {
  /** Its queue; the worker has the same name. */
  contract: QueueContract;
  /** The controller that handles the jobs of the queue. */
  consumer: Type;
  settings: WorkerSettings;
  /** Maximum number of jobs in progress. */
  concurrency: number;
  /** Selects what is removed once it is old; by default nothing. */
  retention?: Pick<RetentionOptions, 'rules' | 'everyMs'>;
  /** Other classes that the consumer needs. */
  providers?: Provider[];
  /** Called after each run of a job. The worker's own metrics are recorded already. */
  onRun?: (run: EndedRun) => void;
}

@Module({})
class WorkerModule {}

/** Creates the module of a worker: its consumer, with the database, the queue, health and retention. */
export function workerModule(worker: Worker): DynamicModule {
  const { contract, consumer, settings, retention, providers = [] } = worker;
  const { REDIS_URL: redis, QUEUE_NAMESPACE: namespace } = settings;
  const announcer = { provide: Announcer, useFactory: () => new Announcer({ redis, namespace }) };
  return {
    module: WorkerModule,
    imports: [
      DatabaseModule.forRoot({
        url: settings.DATABASE_URL,
        applicationName: `herald-${contract.queue}`,
        poolSize: settings.DATABASE_POOL_SIZE,
        watchPool: registerPoolGauges,
      }),
      QueueModule.forRoot({
        provide: QueueServer,
        inject: [MessageLedger],
        useFactory: (ledger: MessageLedger) => serve(worker, ledger),
      }),
      HealthModule.forRoot(
        { postgres: Database, redis: QueueServer },
        {
          inject: [QueueServer],
          useFactory: (server: QueueServer) => ({
            work: { jobs: () => server.progress() },
            stuckAfterMs: settings.STUCK_AFTER_MS,
          }),
        },
      ),
    ],
    controllers: [consumer],
    providers: [...providers, announcer, ...(retention ? [remove(retention)] : [])],
  };
}

function serve({ contract, settings, concurrency, onRun }: Worker, ledger: MessageLedger): QueueServer {
  return new QueueServer({
    contract,
    ledger,
    redis: settings.REDIS_URL,
    namespace: settings.QUEUE_NAMESPACE,
    secrets: settings.QUEUE_SECRET,
    concurrency,
    lockMs: settings.JOB_LOCK_MS,
    believed: { behindDays: settings.PRODUCER_TIME_BEHIND_DAYS, aheadMs: settings.PRODUCER_TIME_AHEAD_MS },
    closeTimeoutMs: settings.SHUTDOWN_TIMEOUT_MS,
    onRun(run) {
      recordRun(run);
      onRun?.(run);
    },
  });
}

const remove = (options: Pick<RetentionOptions, 'rules' | 'everyMs'>): Provider => ({
  provide: Retention,
  inject: [Database],
  useFactory(database: Database) {
    const log = new Logger(Retention.name);
    const retention = new Retention(database, { ...options, onSlice: recordRemoved, log });
    registerOldestGauge(() => retention.oldest());
    return retention;
  },
});
