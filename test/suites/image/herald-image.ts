import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildah } from './buildah.js';
import { docker } from './docker.js';
import type { Engine } from './engine.js';

export const BASE_IMAGE = 'docker.io/library/node:24-bookworm-slim';

/** The first engine that is usable here and has the base image or can fetch it; else why there is none. */
export function findEngine(): { engine?: Engine; reason: string } {
  const reasons: string[] = [];
  for (const engine of [docker('docker'), docker('podman'), buildah()]) {
    const fault = engine.fault(BASE_IMAGE);
    if (!fault) return { engine, reason: '' };
    reasons.push(`${engine.name}: ${fault}`);
  }
  return { reason: reasons.join('; ') };
}

/** Builds the image of this checkout, with the registry settings that npm has here. */
export function buildHerald(engine: Engine, image: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'herald-build-'));
  try {
    const npmrc = join(folder, 'npmrc');
    writeFileSync(npmrc, npmSettings(), { mode: 0o600 });
    const secret = ['--secret', `id=npmrc,src=${npmrc}`];
    engine.build(image, ['--file', 'docker/Dockerfile', '--build-arg', `NODE_IMAGE=${BASE_IMAGE}`, ...secret]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns npm's registry and proxy settings of this machine. Certificates belong to the base image. */
function npmSettings(): string {
  const lines = ['registry', 'proxy', 'https-proxy', 'noproxy'].flatMap((name) => {
    const value = spawnSync('npm', ['config', 'get', name], { encoding: 'utf8' }).stdout.trim();
    return value && !['null', 'undefined'].includes(value) ? [`${name}=${value}\n`] : [];
  });
  return lines.join('');
}
