import { parseRedisUrl, readEnv, WorkerEnv } from '@herald/bootstrap';
import { delivery } from '@herald/contracts';
import { Database, DatabaseModule, FEED, Retention } from '@herald/database';
import { QueueModule, QueueWatch } from '@herald/queue';
import { Controller, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { workerModule } from '../../../libs/worker/src/worker.module.js';
import { testPostgresUrl, testRedisUrl } from '../../support/servers.js';

@Controller()
class Consumer {}

class Service {}

/** Starts and stops what a module describes; returns when each part began to stop, and when it had stopped. */
async function stop(module: DynamicModule, parts: [Type, method: string][]): Promise<string[]> {
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  const order: string[] = [];
  for (const [part, method] of parts) {
    const instance = app.get<any>(part);
    const run = instance[method].bind(instance);
    instance[method] = async () => {
      order.push(`${part.name} stops`);
      await run();
      order.push(`${part.name} stopped`);
    };
  }
  await app.close();
  return order;
}

it('a worker ends its removal of old messages before it closes the database', async () => {
  const settings = readEnv(WorkerEnv, {
    DATABASE_URL: testPostgresUrl(),
    REDIS_URL: testRedisUrl(),
    QUEUE_SECRET: 'x'.repeat(32),
  });
  const retention = { rules: [{ kept: FEED, age: 1 }], everyMs: 60_000 };
  const module = workerModule({ contract: delivery, consumer: Consumer, settings, concurrency: 1, retention });

  const order = await stop(module, [
    [Database, 'close'],
    [Retention, 'onApplicationShutdown'],
  ]);
  expect(order).toEqual(['Retention stops', 'Retention stopped', 'Database stops', 'Database stopped']);
});

it('the queues are closed before a database that was imported before them', async () => {
  const imports = [
    DatabaseModule.forRoot({ url: testPostgresUrl(), applicationName: 'herald-test', watchPool() {} }),
    QueueModule.forRoot({
      provide: QueueWatch,
      useFactory: () => new QueueWatch([delivery], { redis: parseRedisUrl(testRedisUrl()) }),
    }),
  ];

  const order = await stop({ module: Service, imports }, [
    [Database, 'close'],
    [QueueWatch, 'onApplicationShutdown'],
  ]);
  expect(order).toEqual(['QueueWatch stops', 'QueueWatch stopped', 'Database stops', 'Database stopped']);
});
