import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { guardProcess } from './guard.js';
import { removeRecord, writeRecord } from './record.js';

export interface LaunchOptions extends SpawnOptions {
  name: string;
  command: string;
  args: string[];
  /** The signal that asks it to end, and how long it may take before SIGKILL. */
  endWith: NodeJS.Signals;
  graceMs: number;
  /** Where a later start finds it, should we be killed. */
  recordFile?: string;
}

export interface Launched {
  pid: number;
  process: ChildProcess;
  /** Resolves when it is gone, to how it went: "exit code 1", "SIGKILL". */
  exited: Promise<string>;
  /** Asks it to end and waits until it is gone; resolves at once when it is gone already. */
  stop(): Promise<void>;
  /** Ends it now, without waiting. */
  kill(signal?: NodeJS.Signals): void;
}

/**
 * Starts a child in a session of its own: Ctrl-C in the terminal reaches us alone, and we decide who ends
 * when. It ends with us, also when we are killed (guard), and a later start can find it (record).
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
