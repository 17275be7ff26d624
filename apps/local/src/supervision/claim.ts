import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '@herald/operator';
import { releaseLock, takeLock } from '../../prepare/lock.mjs';
import { endRecorded } from '../processes/record.js';

/** Returns the folder with the process records of a run. */
export const runFolder = (dataDir: string) => join(dataDir, 'run');

/**
 * Claims the data folder for this process until `release`. The claim of a killed run does not count.
 * @throws Failure when another `npm start` runs on it
 */
export function claim(dataDir: string): { release(): void } {
  const folder = runFolder(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = join(folder, 'up.json');
  const holder = takeLock(lock);
  if (holder) {
    throw new Failure(`Herald already runs on ${dataDir} (process ${holder.pid}). Stop it first: kill ${holder.pid}`);
  }
  return { release: () => releaseLock(lock) };
}

/** Ends processes left by a killed run: services first, then Redis, then Postgres. Returns their names. */
export async function endLeftovers(dataDir: string): Promise<string[]> {
  const services = readdirSync(runFolder(dataDir)).filter((name) => name.endsWith('.json') && name !== 'up.json');
  const ended = await Promise.all(services.map((name) => endRecorded(join(runFolder(dataDir), name))));
  for (const server of ['redis', 'postgres']) ended.push(await endRecorded(join(dataDir, server, 'process.json')));
  return ended.flatMap((record) => (record ? `${record.name} (process ${record.pid})` : []));
}
