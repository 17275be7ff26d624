/** Everything that the workers share. Contains no product. */
import { startService } from '@herald/bootstrap';
import { QueueServer } from '@herald/queue';
import { type Worker, workerModule } from './worker.module.js';

/** Starts a worker under the name of its queue. */
export function startWorker(worker: Worker): ReturnType<typeof startService> {
  const { contract, settings } = worker;
  return startService({
    name: contract.queue,
    module: workerModule(worker),
    port: settings.HEALTH_PORT,
    settings,
    strategy: QueueServer,
  });
}
