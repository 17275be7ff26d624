import { linkSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '@herald/operator';
import { endRecorded, readRecord, removeRecord, writeRecord } from '../processes/record.js';

/** Returns the folder with the process records of a run. */
export const runFolder = (dataDir: string) => join(dataDir, 'run');

/**
 * Claims the data folder for this process until `release`. The claim of a killed run does not count.
 * @throws Failure when another `herald up` runs on it
 */
export function claim(dataDir: string): { release(): void } {
  const folder = runFolder(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = join(folder, 'up.json');
  const ours = `${lock}.${process.pid}`;
  writeRecord(ours, process.pid, { name: 'up', endWith: 'SIGTERM', graceMs: 30_000 });
  try {
    while (!take(ours, lock)) {
      const holder = readRecord(lock);
      if (holder)
        throw new Failure(
          `Herald already runs on ${dataDir} (process ${holder.pid}). Stop it first: kill ${holder.pid}`,
        );
      discard(lock);
    }
  } finally {
    rmSync(ours);
  }
  return { release: () => removeRecord(lock) };
}

/** Ends processes left by a killed run: services first, then Redis, then Postgres. Returns their names. */
export async function endLeftovers(dataDir: string): Promise<string[]> {
  const services = readdirSync(runFolder(dataDir)).filter((name) => name.endsWith('.json') && name !== 'up.json');
  const ended = await Promise.all(services.map((name) => endRecorded(join(runFolder(dataDir), name))));
  for (const server of ['redis', 'postgres']) ended.push(await endRecorded(join(dataDir, server, 'process.json')));
  return ended.flatMap((record) => (record ? `${record.name} (process ${record.pid})` : []));
}

/** Takes the lock by creating a link. Only one of several concurrent attempts succeeds. */
function take(ours: string, lock: string): boolean {
  try {
    linkSync(ours, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a stale lock. If two processes find it, the second must not remove the new lock of the first. */
function discard(lock: string): void {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (readRecord(aside)) linkSync(aside, lock);
    rmSync(aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
