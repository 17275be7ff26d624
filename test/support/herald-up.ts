import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from '../../apps/local/prepare/identity.mjs';
import type { ProcessRecord } from '../../apps/local/src/processes/record.js';
import { onTerminal } from './terminal.js';

const program = resolve(__dirname, '../../dist/apps/local/src/main.js');

/** An `up` may take this long on a busy machine. */
export const startMs = 90_000;

/** `herald up`, started as a person would start it. */
export interface HeraldUp {
  pid: number;
  output(): string;
  /** Resolves when it has said what to try; fails when it ends instead. */
  started(): Promise<void>;
  end(signal: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string>;
}

export function heraldUp(dataDir: string, port: number, opsPort: number, more: Record<string, string> = {}): HeraldUp {
  const { command, env } = upCommand(dataDir, port, opsPort, more);
  return watched(spawn(command[0]!, command.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** The same on a terminal. */
export function heraldUpOnTerminal(dataDir: string, port: number, opsPort: number): HeraldUp {
  const { command, env } = upCommand(dataDir, port, opsPort);
  return watched(onTerminal(command, env));
}

function upCommand(dataDir: string, port: number, opsPort: number, more: Record<string, string> = {}) {
  // Not as npm's child, whichever way the tests were started: then it would watch npm.
  const { npm_lifecycle_event: _, DATABASE_URL: __, REDIS_URL: ___, HOST: ____, ...rest } = process.env;
  const env = { ...rest, HERALD_DATA: dataDir, PORT: String(port), OPS_PORT: String(opsPort), ...more };
  return { command: [process.execPath, program], env };
}

function watched(child: ChildProcess): HeraldUp {
  let output = '';
  let over = false;
  child.stdout!.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  const ended = new Promise<number | string>((done) => child.once('exit', (code, signal) => done(code ?? signal!)));
  void ended.then(() => (over = true));
  return {
    pid: child.pid!,
    output: () => output,
    ended,
    end: (signal) => void child.kill(signal),
    async started() {
      await until(() => over || output.includes('Ctrl-C stops'), startMs);
      if (over) throw new Error(`herald up ended:\n${output}`);
    },
  };
}

/** A data folder in the temp dir; the account that Postgres runs as when root tests passes through it. */
export async function dataFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'herald-up-'));
  await chmod(path, 0o711);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 10 }) };
}

/** The services and servers of a run, as it recorded them. */
export function processesOf(dataDir: string): ProcessRecord[] {
  const run = join(dataDir, 'run');
  const files = readdirSync(run).filter((name) => name.endsWith('.json') && name !== 'up.json');
  const servers = ['postgres/process.json', 'redis/process.json'].map((name) => join(dataDir, name));
  return [...files.map((name) => join(run, name)), ...servers]
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as ProcessRecord);
}

export function stillRunning(processes: ProcessRecord[]): string[] {
  return processes.filter(isRunning).map(({ name, pid }) => `${name} (${pid})`);
}

export async function until(holds: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not so within ${withinMs} ms: ${holds.toString()}`);
    await sleep(50);
  }
}
