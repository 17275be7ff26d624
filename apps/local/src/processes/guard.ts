import { spawn } from 'node:child_process';

/**
 * Child processes have sessions of their own, so they survive when this process is killed with SIGKILL. A guard ends
 * them. It is a shell that waits on a pipe from this process: a line releases the guard, and the end of the pipe means
 * that this process has ended for any reason.
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

/** Retries, because a server that is still shutting down may write to the folder meanwhile. */
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

/** Ends process `pid` with `signal` after this process has ended, and with SIGKILL after `graceMs` more. */
export function guardProcess(pid: number, signal: NodeJS.Signals, graceMs: number): Guard {
  return guard(endProcess, [String(pid), signal.replace('SIG', ''), String(Math.ceil(graceMs / 100))]);
}

/**
 * Removes `folder` after this process has ended.
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
    // Without a shell there is no guard, and the next start cleans up instead.
    shell.once('error', () => resolve());
  });
  // The guard may be killed first: writing to it must not end this process.
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
