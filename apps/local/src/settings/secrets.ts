import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readJson, SERVICES, writeJson } from '@herald/operator';

export interface Secrets {
  jwt: string;
  /** Proves which jobs are the gateway's. */
  queue: string;
  /** The seed of the demo credentials. */
  demo: string;
  /** Password of the admin of ops. */
  ops: string;
  /** Password of the viewer of ops. */
  opsViewer: string;
  /** The secret that signs sessions of ops. */
  opsSession: string;
  /** The password of each role. */
  roles: Record<string, string>;
}

/** Returns the secrets of a data folder, which are created once. Secrets that a later version needs are added. */
export function keptSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json');
  const kept = (readJson(file) ?? {}) as Partial<Secrets>;
  const secrets = secretsFrom(kept);
  if (JSON.stringify(secrets) !== JSON.stringify(kept)) writeJson(file, secrets);
  return secrets;
}

/** Creates the missing secrets. */
export function secretsFrom(kept: Partial<Secrets>): Secrets {
  return {
    jwt: kept.jwt ?? fresh(),
    queue: kept.queue ?? fresh(),
    demo: kept.demo ?? fresh(),
    ops: kept.ops ?? fresh(),
    opsViewer: kept.opsViewer ?? fresh(),
    opsSession: kept.opsSession ?? fresh(),
    roles: Object.fromEntries(SERVICES.map(({ role }) => [role, kept.roles?.[role] ?? fresh()])),
  };
}

function fresh(): string {
  return randomBytes(32).toString('hex');
}
