import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { commandOf, descendants } from './proc.mjs';
import { start, untilReady } from './processes.mjs';

const THIS_CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Starts the real thing, as built in a checkout, on ports and data of its own; returns its demo.json, its queue secret
 * and the ids of its processes.
 */
export async function startHerald(dataFolder, checkout = THIS_CHECKOUT) {
  const running = start(`${checkout}/dist/apps/cli/src/main.js`, ['up'], {
    HERALD_DATA: dataFolder,
    PORT: String(await getPort()),
    OPS_PORT: String(await getPort()),
  });
  const demoFile = `${dataFolder}/demo.json`;
  await untilReady(running, () => existsSync(demoFile) && isUp(demoFile), 90_000);
  const demo = JSON.parse(readFileSync(demoFile, 'utf8'));
  const { queue: queueSecret } = JSON.parse(readFileSync(`${dataFolder}/secrets.json`, 'utf8'));
  return { demo, queueSecret, pidOf: (app) => pidOf(running.pid, app) };
}

async function isUp(demoFile) {
  try {
    const { gateway } = JSON.parse(readFileSync(demoFile, 'utf8'));
    return (await fetch(`${gateway}/health/ready`)).ok;
  } catch {
    return false;
  }
}

function pidOf(upPid, app) {
  const found = descendants(upPid).filter((pid) => commandOf(pid).includes(`apps/${app}/src/main`));
  if (found.length !== 1) throw new Error(`expected one process of ${app}, found ${found.length}`);
  return found[0];
}
