import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { identify, isRunning } from './identity.mjs';

/**
 * Takes the lock for this process. Returns undefined, or the process that holds the lock. The lock of a process that was
 * killed does not count.
 * @param {string} file
 * @returns {import('./identity.mjs').Identity | undefined}
 */
export function takeLock(file) {
  const ours = `${file}.${process.pid}`;
  writeFileSync(ours, JSON.stringify(identify(process.pid)), { mode: 0o600, flush: true });
  try {
    while (!link(ours, file)) {
      const holder = holderOf(file);
      if (holder) return holder;
      discard(file);
    }
    return undefined;
  } finally {
    rmSync(ours);
  }
}

/** @param {string} file */
export function releaseLock(file) {
  rmSync(file, { force: true });
}

/** Creates the lock with its content. Only one of several concurrent attempts succeeds. */
function link(ours, file) {
  try {
    linkSync(ours, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(file) {
  const identity = unlessGone(() => JSON.parse(readFileSync(file, 'utf8')));
  return identity && isRunning(identity) ? identity : undefined;
}

/** Removes a stale lock. If two processes find it, the second must not remove the new lock of the first. */
function discard(file) {
  const aside = `${file}.stale.${process.pid}`;
  unlessGone(() => {
    renameSync(file, aside);
    if (holderOf(aside)) linkSync(aside, file);
    rmSync(aside);
  });
}

function unlessGone(work) {
  try {
    return work();
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
