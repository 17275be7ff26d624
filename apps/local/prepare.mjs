/**
 * Makes a checkout ready to run: installs the packages of the lock file and builds the current sources. Runs before
 * `npm start`, `npm test` and `npm run bench`, and needs no package. Does nothing when everything is up to date.
 */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isBuilt, markBuilt, markBuilding } from './prepare/built.mjs';
import { install } from './prepare/install.mjs';
import { isInstalled } from './prepare/installed.mjs';
import { releaseLock, takeLock } from './prepare/lock.mjs';
import { StepFailed, step } from './prepare/step.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Herald needs Node 20.19 or later; this is ${process.version}. See https://nodejs.org`);
  process.exit(1);
}

try {
  if (!isInstalled(root) || !isBuilt(root)) await alone(prepare);
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  console.error(error.message);
  process.exit(1);
}

/** Checks again, because another run may have finished the work while this one waited for the lock. */
async function prepare() {
  const installed = isInstalled(root);
  if (!installed) await install(root);
  if (!installed || !isBuilt(root)) {
    const sources = markBuilding(root);
    await step(root, 'Building (nest build)', process.execPath, 'node_modules/@nestjs/cli/bin/nest.js', 'build');
    markBuilt(root, sources);
  }
}

/** Runs `work` while no other process installs or builds in this checkout. */
async function alone(work) {
  const folder = join(root, '.herald');
  if (!existsSync(folder)) {
    mkdirSync(folder);
    // When root starts Postgres, it runs as another account, which must be able to enter this folder.
    chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
  }
  const lock = join(folder, 'prepare.json');
  let announced = false;
  for (let holder = takeLock(lock); holder; holder = takeLock(lock)) {
    if (!announced) console.error(`Waiting for process ${holder.pid}, which is installing or building here`);
    announced = true;
    await sleep(250);
  }
  try {
    await work();
  } finally {
    releaseLock(lock);
  }
}
