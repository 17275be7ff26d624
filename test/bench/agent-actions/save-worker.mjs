/** The worker that guides recommend: one job, one repository.save. It keeps no recipients, directory or counters. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

const require = createRequire(import.meta.url);
const { createDataSource } = require(
  fileURLToPath(new URL('../../../dist/libs/database/src/index.js', import.meta.url)),
);

const { DATABASE_URL, REDIS_URL, QUEUE_PREFIX } = process.env;
const dataSource = await createDataSource(DATABASE_URL).setOptions({ poolSize: 10 }).initialize();
const repository = dataSource.getRepository('AgentAction');

const worker = new Worker(
  'save',
  async ({ data: { correlationId, companyId, body }, timestamp }) => {
    const now = new Date(timestamp);
    await repository.save({
      id: correlationId,
      companyId,
      notificationType: body.notification_type,
      priority: 'medium',
      title: body.title,
      message: body.message,
      metadata: body.metadata,
      agentId: body.metadata.agent_id,
      queryId: body.metadata.query_id,
      createdAt: now,
      updatedAt: now,
      queuedAt: now,
      startedAt: new Date(),
    });
  },
  { connection: new Redis(REDIS_URL, { maxRetriesPerRequest: null }), prefix: QUEUE_PREFIX, concurrency: 100 },
);
await worker.waitUntilReady();
console.log('ready');

async function stop() {
  await worker.close();
  await dataSource.destroy();
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
