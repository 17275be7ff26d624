import { execFile } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Failure, sentence } from '@herald/operator';
import { commandOf } from '../../prepare/identity.mjs';
import type { PostgresHome } from './postgres-account.js';

const run = promisify(execFile);
const unfinished = '.unfinished';

/**
 * Returns the folder of the cluster, which the first start creates. initdb works in a temporary folder that is renamed
 * afterwards, so that a cluster is complete or absent even if a run is killed.
 */
export async function ensureCluster(home: PostgresHome, initdb: string, password: string, signal?: AbortSignal) {
  const cluster = join(home.folder, 'cluster');
  for (const name of readdirSync(home.folder)) {
    if (name.endsWith(unfinished)) rmSync(join(home.folder, name), { recursive: true, force: true, maxRetries: 20 });
  }
  if (existsSync(cluster)) return cluster;

  const fresh = join(home.folder, `cluster-${process.pid}${unfinished}`);
  const passwordFile = join(home.folder, `password-${process.pid}${unfinished}`);
  try {
    mkdirSync(fresh, { mode: 0o700 });
    writeFileSync(passwordFile, password, { mode: 0o600 });
    for (const path of [fresh, passwordFile]) give(path, home);
    // Sorts by code points, so that the order is the same on every system.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    const { uid, gid } = home;
    await run(initdb, ['-D', fresh, ...access, ...locale], { uid, gid, cwd: home.folder, signal });
    renameSync(fresh, cluster);
    return cluster;
  } catch (error) {
    signal?.throwIfAborted();
    const { stderr } = error as { stderr?: string };
    const reason = stderr?.trim() || sentence(error);
    throw new Failure(`Postgres could not prepare its data folder ${cluster}: ${reason}`, { cause: error });
  } finally {
    for (const path of [fresh, passwordFile]) rmSync(path, { recursive: true, force: true, maxRetries: 20 });
  }
}

/**
 * Removes the pid file that Postgres leaves after `kill -9`. Another process may have this pid, for example after the
 * restart of a container. Postgres cannot detect this, so the command line of the process is checked.
 */
export function clearStalePid(cluster: string): void {
  const file = join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const command = commandOf(pid);
  if (command.includes(cluster) && command.includes('postgres')) {
    throw new Failure(`Postgres already runs on ${cluster} (process ${pid}). Stop it first: kill -INT ${pid}`);
  }
  rmSync(file);
}

function give(path: string, { uid, gid }: PostgresHome): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}
