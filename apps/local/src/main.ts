import { localHost } from '@herald/bootstrap';
import { demoFile, fail, Failure, writeJson } from '@herald/operator';
import { makeFolder } from './servers/data-folder.js';
import { claim, endLeftovers } from './supervision/claim.js';
import { checkDoors } from './settings/doors.js';
import { jwtSettings } from './settings/environment.js';
import { listenForEnd, unlessAborted } from './supervision/interruption.js';
import { Machine } from './supervision/machine.js';
import { opsAccess } from './settings/ops-access.js';
import { keptSecrets } from './settings/secrets.js';
import { readSettings, type UpSettings } from './settings/settings.js';
import { startServers } from './supervision/start-servers.js';
import { Terminal } from './terminal/terminal.js';
import { whatToTry } from './terminal/what-to-try.js';

/** Runs all of Herald on this machine until it is interrupted. No process that it started survives it. */
async function main(): Promise<never> {
  const machine = new Machine();
  const signal = listenForEnd(() => void machine.kill().then(() => process.exit(130)));
  process.on('uncaughtException', (error) => {
    // During the shutdown, open connections may break.
    if (!signal.aborted) void machine.kill().then(() => fail(error));
  });
  const terminal = new Terminal();
  const settings = await readSettings();
  useFolder(settings.dataDir);
  const claimed = claim(settings.dataDir);

  const fault = await runUntilEnd(settings, machine, terminal, signal).catch((error: unknown) => error);
  if (!machine.isEmpty) await terminal.step('Stopping', () => machine.stop());
  claimed.release();
  if (signal.aborted) process.exit(0);
  fail(fault);
}

/** Returns the reason of the signal. Rejects when the start fails. */
async function runUntilEnd(
  settings: UpSettings,
  machine: Machine,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<unknown> {
  const { dataDir, doors, host } = settings;
  const leftovers = await endLeftovers(dataDir);
  if (leftovers.length > 0) terminal.say(`Ended what a killed run had left: ${leftovers.join(', ')}`);
  await checkDoors(doors, host);
  const secrets = keptSecrets(dataDir);
  const jwt = jwtSettings(secrets.jwt);

  const urls = await startServers(settings, machine, terminal, signal);
  const demo = await terminal.step('Preparing the database', async (note) => {
    // Loaded only now, because loading the ORM takes time.
    const { prepareDatabase } = await import('./prepare-database.js');
    return unlessAborted(signal, prepareDatabase(urls.databaseUrl, secrets, jwt, note));
  });
  signal.throwIfAborted();
  const { startServices } = await import('./supervision/start-services.js');
  const { access, opsUsers } = await opsAccess(secrets);
  const metrics = await startServices(settings, { ...urls, secrets, jwt, opsUsers }, machine, terminal, signal);

  const gateway = `http://${localHost(host)}:${doors.get('gateway')}`;
  const ops = `http://${localHost(host)}:${doors.get('ops')}`;
  writeJson(demoFile(), { gateway, ops, metrics, ...urls, ...demo, ...access });
  machine.keep();
  terminal.showLogs();
  terminal.say(whatToTry({ gateway, ops, demo, demoFile: demoFile(), ...access }));
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    signal.addEventListener('abort', () => resolve(signal.reason));
  });
}

function useFolder(dataDir: string): void {
  try {
    makeFolder(dataDir);
  } catch (error) {
    if (error instanceof Failure)
      throw new Failure(`${error.message}. Choose another with HERALD_DATA.`, { cause: error });
    throw error;
  }
}

main().catch(fail);
