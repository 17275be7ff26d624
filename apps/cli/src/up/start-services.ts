import { localHost } from '@herald/bootstrap';
import { roleUrl } from '@herald/database';
import type { JwtSettings } from '../demo/load-demo.js';
import { freePort } from '../servers/free-port.js';
import { runFolder } from './claim.js';
import { KeptRunning } from './kept-running.js';
import type { Machine } from './machine.js';
import type { Secrets } from './secrets.js';
import { startService } from './service.js';
import { SERVICES, type ServiceSpec } from './services.js';
import type { UpSettings } from './settings.js';
import type { Terminal } from './terminal.js';

export interface Surroundings {
  databaseUrl: string;
  redisUrl: string;
  secrets: Secrets;
  jwt: JwtSettings;
  /** Who may enter ops, as it reads them. */
  opsUsers: string;
}

/** Starts every service and waits until each is ready; gives where each tells its figures. */
export async function startServices(
  settings: UpSettings,
  surroundings: Surroundings,
  machine: Machine,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Record<string, string>> {
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

function environmentOf(spec: ServiceSpec, port: number, around: Surroundings): Record<string, string> {
  const { databaseUrl, redisUrl, secrets, jwt, opsUsers } = around;
  return {
    DATABASE_URL: roleUrl(databaseUrl, spec.role, secrets.roles[spec.role]!),
    REDIS_URL: redisUrl,
    [spec.door?.variable ?? 'HEALTH_PORT']: String(port),
    ...(spec.name === 'gateway' ? gatewayEnvironment(jwt) : {}),
    ...(spec.name === 'ops'
      ? { OPS_USERS: opsUsers, OPS_SESSION_SECRET: secrets.opsSession }
      : { QUEUE_SECRET: secrets.queue }),
  };
}

function gatewayEnvironment(jwt: JwtSettings): Record<string, string> {
  return {
    JWT_ISSUER: jwt.issuer,
    JWT_USER_AUDIENCE: jwt.userAudience,
    JWT_MERCHANT_AUDIENCE: jwt.merchantAudience,
    JWT_ALGORITHM: jwt.algorithm,
    JWT_SECRET: jwt.secret,
  };
}
