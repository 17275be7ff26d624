import type { DynamicModule, OnApplicationShutdown } from '@nestjs/common';
import type { DatabaseOptions } from './connection/connection.js';
import { Database } from './connection/database.js';
import { MessageLedger } from './messages/message-ledger.js';

interface DatabaseModuleOptions extends DatabaseOptions {
  /** Receives a function that returns the current state of the pool. */
  watchPool: (connections: () => Database['connections']) => void;
}

/**
 * Provides Postgres to all modules of a service. Import it before the queues: Nest closes later imports first. It has no
 * decorator, because the command line loads this lib without Nest.
 */
export class DatabaseModule {
  static forRoot({ watchPool, ...options }: DatabaseModuleOptions): DynamicModule {
    const connect = (): Database & OnApplicationShutdown => {
      const database = new Database(options);
      watchPool(() => database.connections);
      return Object.assign(database, { onApplicationShutdown: () => database.close() });
    };
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: Database, useFactory: connect },
        { provide: MessageLedger, inject: [Database], useFactory: (database: Database) => new MessageLedger(database) },
      ],
      exports: [Database, MessageLedger],
    };
  }
}
