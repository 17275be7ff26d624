import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readJson, writeJson } from './kept-json.js';
import { SERVICES } from './services.js';

export interface Secrets {
  jwt: string;
  /** Proves which jobs are the gateway's. */
  queue: string;
  /** What the demo's tokens are made of. */
  demo: string;
  /** Passwords at ops. */
  ops: string;
  opsViewer: string;
  /** What signs sessions at ops. */
  opsSession: string;
  /** The password of each role. */
  roles: Record<string, string>;
}

/** Made once for a data folder; what a later version needs besides is added. */
export function keptSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json');
  const kept = (readJson(file) ?? {}) as Partial<Secrets>;
  const secrets = secretsFrom(kept);
  if (JSON.stringify(secrets) !== JSON.stringify(kept)) writeJson(file, secrets);
  return secrets;
}

/** Makes those that are missing. */
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
