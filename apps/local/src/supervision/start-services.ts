import { localHost } from '@herald/bootstrap';
import { roleUrl } from '@herald/database';
import { SERVICES } from '@herald/operator';
import { freePort } from '../servers/free-port.js';
import { runFolder } from './claim.js';
import { type Access, environmentOf } from '../settings/environment.js';
import { KeptRunning } from './kept-running.js';
import type { Machine } from './machine.js';
import { startService } from './service.js';
import type { UpSettings } from '../settings/settings.js';
import type { Terminal } from '../terminal/terminal.js';

export interface Surroundings extends Access {
  databaseUrl: string;
  redisUrl: string;
}

/** Starts all services and waits until they are ready. Returns the URLs of their metrics. */
export async function startServices(
  settings: UpSettings,
  surroundings: Surroundings,
  machine: Machine,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const { databaseUrl, redisUrl, secrets } = surroundings;
  const metrics: Record<string, string> = {};
  const names = SERVICES.map(({ name }) => name).join(', ');
  await terminal.step(`Starting ${names}`, async () => {
    for (const spec of SERVICES) {
      signal.throwIfAborted();
      const port = settings.doors.get(spec.name) ?? (await freePort());
      const metricsPort = await freePort();
      metrics[spec.name] = `http://${localHost(settings.host)}:${metricsPort}/metrics`;
      const start = () =>
        startService({
          name: spec.name,
          url: `http://${localHost(settings.host)}:${port}`,
          env: {
            ...environmentOf(spec, port, surroundings),
            DATABASE_URL: roleUrl(databaseUrl, spec.role, secrets.roles[spec.role]!),
            REDIS_URL: redisUrl,
            HOST: settings.host,
            METRICS_PORT: String(metricsPort),
          },
          runFolder: runFolder(settings.dataDir),
          onLine: (line) => terminal.log(spec.name, line),
        });
      machine.services.push(await KeptRunning.start(spec.name, start, start, (line) => terminal.say(line)));
    }
    await Promise.all(machine.services.map((service) => service.current.ready(signal)));
  });
  return metrics;
}
