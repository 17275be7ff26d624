import type { Server } from '../servers/server.js';
import type { KeptRunning, Running } from './kept-running.js';
import type { Service } from './service.js';

/** The time that a kill may take. Afterwards the guards end the remaining processes. */
const killMs = 3_000;

/** All running processes. Services are stopped first, so that both servers are up while they finish their work. */
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

  /** Restarts processes that end by themselves from now on. */
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
