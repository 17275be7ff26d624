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

/** The holder touches its lock; one that has not for this long is gone, whoever has its process number now. */
const staleMs = 60_000;
const touchMs = 5_000;

/** Runs `work` while no other run does in this checkout. */
export async function withLock(root, work) {
  const folder = join(root, '.herald');
  if (!existsSync(folder)) {
    mkdirSync(folder);
    // The account that Postgres runs as when root starts it has to pass through.
    chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
  }
  const lock = join(folder, 'prepare.lock');
  let told = false;
  while (!take(lock)) {
    const pid = holder(lock);
    if (pid === undefined) continue;
    if (!isHeld(lock, pid)) {
      discard(lock, pid);
      continue;
    }
    if (!told) console.error(`Waiting for process ${pid}, which is installing or building here`);
    told = true;
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

/** Two that find the same stale lock must not remove the one that the first of them takes next. */
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
  // Taken a moment ago, its number not written yet.
  if (pid === '') return true;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Undefined when the lock has gone meanwhile. */
function holder(lock) {
  return unlessGone(() => readFileSync(lock, 'utf8').trim());
}

function unlessGone(look) {
  try {
    return look();
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
