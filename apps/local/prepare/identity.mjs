import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Identifies a process by its pid and start time. Pids are reused, but the pair is unique.
 * @typedef {{ pid: number, startedAt: string }} Identity
 */

/**
 * @param {number} pid
 * @returns {Identity | undefined}
 */
export function identify(pid) {
  const startedAt = startOf(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** @param {Identity} identity */
export function isRunning(identity) {
  return startOf(identity.pid) === identity.startedAt;
}

/**
 * Returns the command line of a process, or '' when there is no such process.
 * @param {number} pid
 */
export function commandOf(pid) {
  if (process.platform !== 'linux') return ps(pid, 'args=') ?? '';
  return (read(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim();
}

/** Returns the start time. Linux uses /proc, because slim images have no `ps`. A zombie counts as ended. */
function startOf(pid) {
  if (process.platform !== 'linux') return ps(pid, 'lstart=');
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may contain spaces and parentheses, so fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return `${read('/proc/sys/kernel/random/boot_id')?.trim()} ${fields[19]}`;
}

/** Returns undefined when the process ends during the read: the file is then missing (ENOENT) or empty (ESRCH). */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  }
}

function ps(pid, column) {
  try {
    return execFileSync('ps', ['-ww', '-o', column, '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch (error) {
    if (error.status === 1) return undefined;
    throw error;
  }
}
