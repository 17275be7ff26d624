import { registerPoolGauges } from '@herald/bootstrap';
import { agentActions, delivery, EVENT_QUEUES, merchantAnswers, unavailable } from '@herald/contracts';
import { Database, DatabaseModule } from '@herald/database';
import { QueueClient, QueueModule } from '@herald/queue';
import { type DynamicModule, Module } from '@nestjs/common';
import type { GatewayEnv } from './gateway.env.js';

/** Settings, Postgres and the queues, which every room uses. Closed last: first the queues, then the database. */
@Module({})
export class FoundationModule {
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
            const client = new QueueClient([delivery, agentActions, merchantAnswers, ...EVENT_QUEUES], {
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
