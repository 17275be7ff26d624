import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { guardProcess } from './guard.js';
import { removeRecord, writeRecord } from './record.js';

export interface LaunchOptions extends SpawnOptions {
  name: string;
  command: string;
  args: string[];
  /** The signal that asks the process to end. SIGKILL follows after `graceMs`. */
  endWith: NodeJS.Signals;
  graceMs: number;
  /** The file in which a later start finds the process if this one is killed. */
  recordFile?: string;
}

export interface Launched {
  pid: number;
  process: ChildProcess;
  /** Resolves when the process has ended, to the reason: "exit code 1", "SIGKILL". */
  exited: Promise<string>;
  /** Asks the process to end and waits for it. Resolves immediately when it has already ended. */
  stop(): Promise<void>;
  /** Sends the signal without waiting for the end. */
  kill(signal?: NodeJS.Signals): void;
}

/**
 * Starts a child in a session of its own. Ctrl-C in the terminal reaches only this process, which decides the order in
 * which its children end. A guard ends the child when this process is killed, and a later start finds it by its record.
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { name, command, args, endWith, graceMs, recordFile, ...spawnOptions } = options;
  const child = spawn(command, args, { ...spawnOptions, detached: true });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const pid = child.pid!;
  const guard = guardProcess(pid, endWith, graceMs);
  if (recordFile) writeRecord(recordFile, pid, { name, endWith, graceMs });

  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  }).then(async (how) => {
    await guard.release();
    if (recordFile) removeRecord(recordFile);
    return how;
  });

  return {
    pid,
    process: child,
    exited,
    async stop() {
      child.kill(endWith);
      const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(kill);
    },
    kill: (signal = 'SIGKILL') => void child.kill(signal),
  };
}
