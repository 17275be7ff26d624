import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The holder touches its lock. A lock untouched for this long is stale, even if another process now has the pid. */
const staleMs = 60_000;
const touchMs = 5_000;

/** Runs `work` while no other process installs or builds in this checkout. */
export async function withLock(root, work) {
  const folder = join(root, '.herald');
  if (!existsSync(folder)) {
    mkdirSync(folder);
    // When root starts Postgres, it runs as another account, which must be able to enter this folder.
    chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
  }
  const lock = join(folder, 'prepare.lock');
  let announced = false;
  while (!take(lock)) {
    const pid = holder(lock);
    if (pid === undefined) continue;
    if (!isHeld(lock, pid)) {
      discard(lock, pid);
      continue;
    }
    if (!announced) console.error(`Waiting for process ${pid}, which is installing or building here`);
    announced = true;
    await sleep(250);
  }
  const touch = setInterval(() => utimesSync(lock, new Date(), new Date()), touchMs);
  touch.unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    rmSync(lock, { force: true });
  }
}

function take(lock) {
  try {
    writeFileSync(lock, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a stale lock. If two processes find it, the second must not remove the new lock of the first. */
function discard(lock, stalePid) {
  const aside = `${lock}.${process.pid}`;
  unlessGone(() => {
    renameSync(lock, aside);
    if (holder(aside) !== stalePid) linkSync(aside, lock);
    rmSync(aside);
  });
}

function isHeld(lock, pid) {
  const touched = unlessGone(() => statSync(lock).mtimeMs);
  if (touched === undefined || Date.now() - touched > staleMs) return false;
  // The lock was just created, and its pid is not yet written.
  if (pid === '') return true;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Returns the pid in the lock, or undefined when the lock no longer exists. */
function holder(lock) {
  return unlessGone(() => readFileSync(lock, 'utf8').trim());
}

function unlessGone(work) {
  try {
    return work();
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
