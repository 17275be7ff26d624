import { createServer } from 'node:net';
import { Failure, sentence } from '../failure.js';
import { SERVICES } from './services.js';

/** @throws Failure when a port that people come in by is in use, naming the variable that moves it */
export async function checkDoors(doors: Map<string, number>, host: string): Promise<void> {
  for (const { name, door } of SERVICES) {
    const port = doors.get(name);
    if (!door || !port) continue;
    // Some systems let the wildcard address be taken beside another.
    for (const address of [host, '0.0.0.0']) {
      const error = await tryListen(port, address);
      if (error?.code === 'EADDRINUSE') {
        throw new Failure(
          `Port ${port} is in use. Choose another for the ${name}: ${door.variable}=${port + 1} npm start`,
        );
      }
      if (error) throw new Failure(`The ${name} cannot open port ${port} (${sentence(error)}). Set ${door.variable}.`);
    }
  }
}

function tryListen(port: number, host: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
