import { HEALTH_CHECKS, type HealthChecks, HealthModule, registerPoolGauges } from '@herald/bootstrap';
import { Database, DeadLetters } from '@herald/database';
import { QueueWatch } from '@herald/queue';
import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
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
import { env, type OpsEnv } from './ops.env.js';
import { OpsErrorsFilter } from './ops-errors.filter.js';
import { OverviewController } from './overview.controller.js';
import { Standings } from './standings.js';

@Global()
@Module({
  imports: [HealthModule],
  controllers: [OverviewController, DeadLettersController, MessagesController, LoginController, AssetsController],
  providers: [
    { provide: 'OPS_ENV', useFactory: env },
    {
      provide: Database,
      inject: ['OPS_ENV'],
      useFactory: ({ DATABASE_URL, DATABASE_POOL_SIZE }: OpsEnv) =>
        new Database({ url: DATABASE_URL, applicationName: 'herald-ops', poolSize: DATABASE_POOL_SIZE }),
    },
    { provide: DeadLetters, inject: [Database], useFactory: (database: Database) => new DeadLetters(database) },
    {
      provide: QueueWatch,
      inject: ['OPS_ENV'],
      useFactory: async ({ REDIS_URL, QUEUE_NAMESPACE }: OpsEnv) => {
        const watch = new QueueWatch(CONTRACTS, { redis: REDIS_URL, namespace: QUEUE_NAMESPACE });
        await watch.check();
        return watch;
      },
    },
    { provide: OpsUsers, inject: ['OPS_ENV'], useFactory: ({ OPS_USERS }: OpsEnv) => new OpsUsers(OPS_USERS ?? []) },
    {
      provide: EndedSessions,
      inject: ['OPS_ENV'],
      useFactory: ({ REDIS_URL, QUEUE_NAMESPACE }: OpsEnv) => EndedSessions.connect(REDIS_URL, QUEUE_NAMESPACE),
    },
    {
      provide: Sessions,
      inject: ['OPS_ENV', OpsUsers, EndedSessions],
      useFactory: ({ OPS_SESSION_SECRET }: OpsEnv, users: OpsUsers, ended: EndedSessions) =>
        new Sessions(OPS_SESSION_SECRET, users, ended),
    },
    {
      provide: HEALTH_CHECKS,
      inject: [Database, QueueWatch],
      useFactory: (database: Database, watch: QueueWatch): HealthChecks => ({
        postgres: () => database.ping(),
        redis: () => watch.ping(),
      }),
    },
    Standings,
    OpsGate,
    { provide: APP_GUARD, useExisting: OpsGate },
    { provide: APP_FILTER, useClass: OpsErrorsFilter },
  ],
  exports: [HEALTH_CHECKS],
})
export class OpsModule implements OnApplicationShutdown {
  constructor(
    private readonly database: Database,
    private readonly watch: QueueWatch,
    private readonly endedSessions: EndedSessions,
  ) {
    registerPoolGauges(() => database.connections);
  }

  async onApplicationShutdown(): Promise<void> {
    this.endedSessions.close();
    await this.watch.close();
    await this.database.close();
  }
}
