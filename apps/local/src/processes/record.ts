import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, type Identity, isRunning } from '../../prepare/identity.mjs';

/** The data with which a later start ends a process that outlived its parent. */
export interface ProcessRecord extends Identity {
  name: string;
  endWith: NodeJS.Signals;
  graceMs: number;
}

/** Writes the record atomically. Writes nothing for a process that has already ended. */
export function writeRecord(file: string, pid: number, rest: Omit<ProcessRecord, keyof Identity>): void {
  const identity = identify(pid);
  if (!identity) return;
  writeFileSync(`${file}.new`, JSON.stringify({ ...identity, ...rest }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeRecord(file: string): void {
  rmSync(file, { force: true });
}

/** Returns the recorded process if it is still running. */
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

/** Ends the recorded process if it is still running, and waits for its end. */
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
