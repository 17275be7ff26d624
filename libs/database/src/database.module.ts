import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { DatabaseOptions } from './connection/connection.js';
import { Database } from './connection/database.js';
import { MessageLedger } from './messages/message-ledger.js';

interface DatabaseModuleOptions extends DatabaseOptions {
  /** Receives a function that returns the current state of the pool. */
  watchPool: (connections: () => Database['connections']) => void;
}

/** Provides Postgres to all modules of a service. Import it before the queues: Nest closes later imports first. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly database: Database) {}

  static forRoot({ watchPool, ...options }: DatabaseModuleOptions): DynamicModule {
    const connect = () => {
      const database = new Database(options);
      watchPool(() => database.connections);
      return database;
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

  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }
}
