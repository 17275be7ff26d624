import { recordRemoved, registerOldestGauge } from '@herald/bootstrap';
import { Database, DEAD_LETTERS, REQUESTS, Retention } from '@herald/database';
import { Logger, Module } from '@nestjs/common';
import type { GatewayEnv } from './gateway.env.js';

/** Removes old requests, and old dead letters of all queues. Workers remove the rows of their products. */
@Module({
  providers: [
    {
      provide: Retention,
      inject: [Database, 'GATEWAY_ENV'],
      useFactory(database: Database, { REQUEST_HOURS, DEAD_LETTER_DAYS, RETENTION_EVERY_MS: everyMs }: GatewayEnv) {
        const rules = [
          { kept: REQUESTS, age: REQUEST_HOURS },
          { kept: DEAD_LETTERS, age: DEAD_LETTER_DAYS },
        ];
        const log = new Logger(Retention.name);
        const retention = new Retention(database, { rules, everyMs, onSlice: recordRemoved, log });
        registerOldestGauge(() => retention.oldest());
        return retention;
      },
    },
  ],
})
export class RetentionModule {}
