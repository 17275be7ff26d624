import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, programOf } from '@herald/operator';
import { launch } from '../processes/launch.js';
import type { Running } from './kept-running.js';

/** The time that the first start of a service may take. */
const readyWithinMs = 60_000;
const pollMs = 100;
const lastLines = 20;

export interface ServiceStart {
  name: string;
  env: Record<string, string>;
  /** The address of its health checks. */
  url: string;
  runFolder: string;
  onLine: (line: string) => void;
}

export interface Service extends Running {
  /** @throws Failure with its last lines when it ends, or takes too long, before it is ready */
  ready(signal: AbortSignal): Promise<void>;
}

export async function startService({ name, env, url, runFolder, onLine }: ServiceStart): Promise<Service> {
  const { process: child, ...running } = await launch({
    name,
    command: process.execPath,
    args: [programOf(name)],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    endWith: 'SIGTERM',
    graceMs: 15_000,
    recordFile: join(runFolder, `${name}.json`),
  });
  const last: string[] = [];
  const read = (stream: Readable) =>
    createInterface({ input: stream }).on('line', (line) => {
      last.push(line);
      if (last.length > lastLines) last.shift();
      onLine(line);
    });
  read(child.stdout!);
  read(child.stderr!);
  // The last lines may arrive after the exit.
  const closed = new Promise((resolve) => child.once('close', resolve));

  return {
    ...running,
    async ready(signal) {
      let ended: string | undefined;
      void running.exited.then((how) => (ended = how));
      const deadline = Date.now() + readyWithinMs;
      while (!(await isReady(url))) {
        signal.throwIfAborted();
        const late = Date.now() > deadline ? `was not ready within ${readyWithinMs / 1000} s` : undefined;
        const fault = ended ? `ended before it was ready (${ended})` : late;
        if (fault) {
          if (ended) await closed;
          throw new Failure(`${name} ${fault}. Its last lines:\n${last.map((line) => `  ${line}`).join('\n')}`);
        }
        await sleep(pollMs);
      }
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/ready`, {
      signal: AbortSignal.timeout(2_000),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch (error) {
    // The service does not listen yet, or is too busy to respond in time.
    if (error instanceof TypeError || (error as Error).name === 'TimeoutError') return false;
    throw error;
  }
}
