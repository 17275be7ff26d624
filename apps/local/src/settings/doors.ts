import { createServer } from 'node:net';
import { Failure, sentence, SERVICES } from '@herald/operator';
import { keepFree } from '../servers/free-port.js';

const HIGHEST = 65_535;
const LOWEST = 1024;

/**
 * Checks and reserves the ports of the services that people use.
 * @throws Failure when a port is in use or chosen twice. It names the variable to set and a free port.
 */
export async function checkDoors(doors: Map<string, number>, host: string): Promise<void> {
  const ours = new Set(doors.values());
  const chosen = new Set<number>();
  const faults: string[] = [];
  for (const { name, door } of SERVICES) {
    const port = doors.get(name);
    if (!door || !port) continue;
    const error = chosen.has(port) ? 'chosen twice' : await tryOpen(port, host);
    chosen.add(port);
    if (!error) continue;
    if (error !== 'chosen twice' && error.code !== 'EADDRINUSE') {
      faults.push(`The ${name} cannot open port ${port} (${sentence(error)}). Set ${door.variable}.`);
      continue;
    }
    const other = await freeBeside(port, host, ours);
    ours.add(other);
    const why = error === 'chosen twice' ? error : 'in use';
    faults.push(`Port ${port} is ${why}. Choose another for the ${name}: ${door.variable}=${other} npm start`);
  }
  if (faults.length > 0) throw new Failure(faults.join('\n'));
  keepFree(doors.values());
}

/** Returns the next higher free port that is not ours, or the next lower one. */
async function freeBeside(port: number, host: string, ours: Set<number>): Promise<number> {
  for (const step of [1, -1]) {
    for (let next = port + step; next >= LOWEST && next <= HIGHEST; next += step) {
      if (!ours.has(next) && !(await tryOpen(next, host))) return next;
    }
  }
  throw new Failure(`Port ${port} is in use, and no other is free.`);
}

async function tryOpen(port: number, host: string): Promise<NodeJS.ErrnoException | undefined> {
  // Some systems allow the wildcard address in addition to a specific one.
  return (await tryListen(port, host)) ?? (await tryListen(port, '0.0.0.0'));
}

function tryListen(port: number, host: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
