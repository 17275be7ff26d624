import { HealthModule, registerPoolGauges } from '@herald/bootstrap';
import { Database, DatabaseModule, DeadLetters } from '@herald/database';
import { QueueModule, QueueWatch } from '@herald/queue';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { AssetsController } from './assets.controller.js';
import { EndedSessions } from './auth/ended-sessions.js';
import { LoginController } from './auth/login.controller.js';
import { OpsGate } from './auth/ops.gate.js';
import { OpsUsers } from './auth/ops-users.js';
import { Sessions } from './auth/sessions.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { MessagesController } from './messages/messages.controller.js';
import { CONTRACTS } from './known-names.js';
import type { OpsEnv } from './ops.env.js';
import { OpsErrorsFilter } from './ops-errors.filter.js';
import { OverviewController } from './overview.controller.js';
import { QueueStates } from './queue-states.js';

@Module({
  controllers: [OverviewController, DeadLettersController, MessagesController, LoginController, AssetsController],
  providers: [
    { provide: DeadLetters, inject: [Database], useFactory: (database: Database) => new DeadLetters(database) },
    QueueStates,
    OpsGate,
    { provide: APP_GUARD, useExisting: OpsGate },
    { provide: APP_FILTER, useClass: OpsErrorsFilter },
  ],
})
export class OpsModule {
  static forRoot(settings: OpsEnv): DynamicModule {
    const { DATABASE_URL, DATABASE_POOL_SIZE, REDIS_URL, QUEUE_NAMESPACE, OPS_USERS, OPS_SESSION_SECRET } = settings;
    return {
      module: OpsModule,
      imports: [
        DatabaseModule.forRoot({
          url: DATABASE_URL,
          applicationName: 'herald-ops',
          poolSize: DATABASE_POOL_SIZE,
          watchPool: registerPoolGauges,
        }),
        QueueModule.forRoot({
          provide: QueueWatch,
          useFactory: async () => {
            const watch = new QueueWatch(CONTRACTS, { redis: REDIS_URL, namespace: QUEUE_NAMESPACE });
            await watch.check();
            return watch;
          },
        }),
        HealthModule.forRoot({ postgres: Database, redis: QueueWatch }),
      ],
      providers: [
        { provide: OpsUsers, useValue: new OpsUsers(OPS_USERS ?? []) },
        { provide: EndedSessions, useFactory: () => EndedSessions.connect(REDIS_URL, QUEUE_NAMESPACE) },
        {
          provide: Sessions,
          inject: [OpsUsers, EndedSessions],
          useFactory: (users: OpsUsers, ended: EndedSessions) => new Sessions(OPS_SESSION_SECRET, users, ended),
        },
      ],
    };
  }
}
