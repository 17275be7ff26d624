import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isRunning, type Identity } from './identity.js';

/** What a later start needs to end a process that outlived the one that started it. */
export interface ProcessRecord extends Identity {
  name: string;
  endWith: NodeJS.Signals;
  graceMs: number;
}

/** Written whole or not at all. Nothing is written for a process that has ended already. */
export function writeRecord(file: string, pid: number, rest: Omit<ProcessRecord, keyof Identity>): void {
  const identity = identify(pid);
  if (!identity) return;
  writeFileSync(`${file}.new`, JSON.stringify({ ...identity, ...rest }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeRecord(file: string): void {
  rmSync(file, { force: true });
}

/** The recorded process when it still runs. */
export function readRecord(file: string): ProcessRecord | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const record = JSON.parse(text) as ProcessRecord;
  return isRunning(record) ? record : undefined;
}

/** Ends the recorded process if it still runs, and waits until it is gone. */
export async function endRecorded(file: string): Promise<ProcessRecord | undefined> {
  const record = readRecord(file);
  if (record) {
    send(record, record.endWith);
    if (!(await isGone(record, record.graceMs))) {
      send(record, 'SIGKILL');
      await isGone(record, 5_000);
    }
  }
  removeRecord(file);
  return record;
}

async function isGone(identity: Identity, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isRunning(identity)) {
    if (Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

function send(identity: Identity, signal: NodeJS.Signals): void {
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
