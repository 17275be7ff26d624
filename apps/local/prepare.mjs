/**
 * Makes a checkout ready to run: installs the packages of the lock file and builds the current sources. Runs before
 * `npm start`, `npm test` and `npm run bench`, and needs no package. Does nothing when everything is up to date.
 */
import { fileURLToPath } from 'node:url';
import { isBuilt, markBuilt, markBuilding } from './prepare/built.mjs';
import { install } from './prepare/install.mjs';
import { isInstalled } from './prepare/installed.mjs';
import { withLock } from './prepare/lock.mjs';
import { StepFailed, step } from './prepare/step.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Herald needs Node 20.19 or later; this is ${process.version}. See https://nodejs.org`);
  process.exit(1);
}

try {
  if (!isInstalled(root) || !isBuilt(root)) await withLock(root, prepare);
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
