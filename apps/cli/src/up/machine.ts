import type { Server } from '../servers/server.js';
import type { KeptRunning, Running } from './kept-running.js';
import type { Service } from './service.js';

/** How long a kill may take until we go; the guards see to what is left. */
const killMs = 3_000;

/** All that runs, and the order in which it ends: services finish their work while both servers are there. */
export class Machine {
  readonly services: KeptRunning<Service>[] = [];
  redis: KeptRunning<Server> | undefined;
  postgres: KeptRunning<Server> | undefined;

  private get members(): KeptRunning<Running>[] {
    return [...this.services, this.redis, this.postgres].filter((member) => member !== undefined);
  }

  get isEmpty(): boolean {
    return this.members.length === 0;
  }

  /** From now on what ends by itself is started again. */
  keep(): void {
    for (const member of this.members) member.keep();
  }

  async stop(): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop()));
    await this.redis?.stop();
    await this.postgres?.stop();
  }

  async kill(): Promise<void> {
    for (const member of this.members) member.kill();
    const gone = Promise.all(this.members.map((member) => member.current.exited));
    await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, killMs))]);
  }
}
