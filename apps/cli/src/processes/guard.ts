import { spawn } from 'node:child_process';

/**
 * Our children live in sessions of their own, so nothing ends them when we are killed with SIGKILL. A guard
 * does: a shell that waits on a pipe from us. A line means "released"; the end of the pipe means that we are
 * gone, however it came about.
 */
const waitForOurEnd = `trap '' HUP INT TERM; read -r _ && exit 0`;

const endProcess = `${waitForOurEnd}
kill -s "$2" "$1" 2>/dev/null || exit 0
tenths=0
while kill -0 "$1" 2>/dev/null; do
  case $(cat "/proc/$1/stat" 2>/dev/null) in *') Z '*) exit 0 ;; esac
  if [ "$tenths" -ge "$3" ]; then kill -s KILL "$1"; exit 0; fi
  sleep 0.1
  tenths=$((tenths + 1))
done`;

/** Repeated, since a server that is still ending may write into the folder while it goes. */
const removeFolder = `${waitForOurEnd}
tries=0
while [ "$tries" -lt 50 ]; do
  rm -rf -- "$1" 2>/dev/null
  sleep 0.2
  [ -e "$1" ] || exit 0
  tries=$((tries + 1))
done`;

export interface Guard {
  /** Ends the guard without effect. */
  release(): Promise<void>;
}

/** Ends process `pid` with `signal` once we are gone, and with SIGKILL when that takes longer than `graceMs`. */
export function guardProcess(pid: number, signal: NodeJS.Signals, graceMs: number): Guard {
  return guard(endProcess, [String(pid), signal.replace('SIG', ''), String(Math.ceil(graceMs / 100))]);
}

/**
 * Removes `folder` once we are gone.
 * @public The tests take it from the built programs.
 */
export function guardFolder(folder: string): Guard {
  return guard(removeFolder, [folder]);
}

function guard(script: string, args: string[]): Guard {
  const shell = spawn('/bin/sh', ['-c', script, 'herald-guard', ...args], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => {
    shell.once('close', () => resolve());
    // Without a shell there is no guard; what it would have done is then left to the next start.
    shell.once('error', () => resolve());
  });
  // The guard may be killed before us: writing to it must not end us.
  shell.stdin.on('error', () => undefined);
  shell.unref();
  (shell.stdin as unknown as { unref(): void }).unref();
  return {
    async release() {
      shell.ref();
      shell.stdin.end('released\n');
      await ended;
    },
  };
}
