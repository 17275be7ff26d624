/** Starts processes, remembers them, and stops by pid what it started. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendants, startOf } from './proc.mjs';

const STOP_DEADLINE_MS = 20_000;
const LINES_KEPT = 40;
const started = new Set();
let stopping = false;

/**
 * A group of its own keeps a Ctrl-C of the terminal away from it: only `stopAll` ends it, in order.
 * `lastLines` keeps the end of its output, for the error when it fails.
 */
export function start(script, args, env = {}, input = '') {
  if (stopping) throw new Error('stopping');
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: 'pipe',
    detached: true,
  });
  child.stdin.end(input);
  const lastLines = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      lastLines.push(...text.trimEnd().split('\n'));
      lastLines.splice(0, lastLines.length - LINES_KEPT);
    });
  }
  const running = { pid: child.pid, script, lastLines, ended: false };
  running.end = new Promise((resolve) => {
    child.once('close', (code) => {
      running.ended = true;
      started.delete(running);
      resolve(code);
    });
  });
  started.add(running);
  return running;
}

/** Resolves when `isReady()` does not say false; fails with what the process last said. */
export async function untilReady(running, isReady, deadlineMs = 30_000) {
  const deadline = performance.now() + deadlineMs;
  while (!(await isReady())) {
    if (running.ended || performance.now() > deadline) {
      const how = running.ended ? 'ended' : 'is not ready';
      throw new Error(`${running.script} ${how}; it said:\n${running.lastLines.join('\n')}`);
    }
    await sleep(50);
  }
}

/** A service that prints `ready`. */
export async function startService(script, args, env) {
  const running = start(script, args, env);
  await untilReady(running, () => running.lastLines.includes('ready'));
  return running;
}

/** A script that reads its plan as JSON and prints its result as the last line. */
export async function runPlan(script, plan) {
  const running = start(script, [], {}, JSON.stringify(plan));
  const code = await running.end;
  if (code !== 0) throw new Error(`${script} failed:\n${running.lastLines.join('\n')}`);
  return JSON.parse(running.lastLines.at(-1));
}

/** Asks everything to end, newest first; what outlives the deadline or its parent is killed. */
export async function stopAll() {
  stopping = true;
  for (const running of [...started].reverse()) {
    const family = [running.pid, ...descendants(running.pid)].map((pid) => [pid, startOf(pid)]);
    signal(running.pid, 'SIGTERM');
    await Promise.race([running.end, sleep(STOP_DEADLINE_MS, undefined, { ref: false })]);
    for (const [pid, startedAt] of family) if (startOf(pid) === startedAt) signal(pid, 'SIGKILL');
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
