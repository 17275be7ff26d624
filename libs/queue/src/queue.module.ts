import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import type { QueueClient } from './queue.client.js';
import type { QueueServer } from './queue.server.js';
import type { QueueWatch } from './queue-watch.js';

/** Provides a service's access to the queues to all its modules. Import it after the database, which must close later. */
@Module({})
export class QueueModule {
  static forRoot(side: FactoryProvider<QueueClient | QueueServer | QueueWatch>): DynamicModule {
    return { module: QueueModule, global: true, providers: [side], exports: [side.provide] };
  }
}
