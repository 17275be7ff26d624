/** Reads figures of other processes from Linux's /proc. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** The fields of /proc/<pid>/stat from the third on (state, parent, …); undefined when the process is gone. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

export const parentOf = (pid) => Number(statOf(pid)?.[1]);

/** Distinguishes a process from a later one with the same pid. */
export const startOf = (pid) => statOf(pid)?.[19];

export const commandOf = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();

export function descendants(pid) {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), parentOf(name)]);
  const below = (ancestor) =>
    parents.filter(([, parent]) => parent === ancestor).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

/** CPU seconds (user and system) used so far by these processes and by those children of theirs that have ended. */
export function cpuSeconds(pids) {
  let ticks = 0;
  for (const pid of pids) for (const field of statOf(pid)?.slice(11, 15) ?? []) ticks += Number(field);
  return ticks / TICKS_PER_SECOND;
}

/** CPU seconds that the whole machine has been busy, time that its host took from it included. */
export function machineBusySeconds() {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
    .slice('cpu '.length, 200)
    .trim()
    .split(' ')
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

export function residentMiB(pids) {
  let kiB = 0;
  for (const pid of pids) kiB += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  return kiB / 1024;
}

/** The private memory of these processes: without shared pages, such as the buffers of Postgres. */
export function privateMiB(pids) {
  let kiB = 0;
  for (const pid of pids) {
    try {
      kiB += Number(/Pss_Anon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);
    } catch (error) {
      // It ended meanwhile.
      if (!['ENOENT', 'ESRCH'].includes(error.code)) throw error;
    }
  }
  return kiB / 1024;
}
