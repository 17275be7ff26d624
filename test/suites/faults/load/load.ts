import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../world.js';
import type { Actor } from './actor.js';
import { actionActors } from './agent-actions.js';
import { Clients } from './clients.js';
import { deliveryActors } from './delivery.js';
import { merchantActors } from './merchant-answers.js';

/** Clients of all three slices, through every door, until they are stopped. */
export class Load {
  /** Errors that are the load's own. */
  readonly faults: string[] = [];
  private readonly clients: Clients;
  private readonly running: Promise<void>[];
  private stopping = false;

  constructor(world: World) {
    this.clients = new Clients(world);
    // Half of what can carry an Idempotency-Key does.
    let turn = 0;
    const keyed = () => turn++ % 2 === 0;
    const { delivery, actions, merchant } = this.clients;
    const actors = [
      ...deliveryActors(delivery, keyed),
      ...actionActors(actions, keyed),
      ...merchantActors(merchant, keyed),
    ];
    this.running = actors.flatMap((actor) => Array.from({ length: actor.clients }, () => this.repeat(actor)));
  }

  private async repeat({ door, pauseMs, act }: Actor): Promise<void> {
    while (!this.stopping) {
      await act().catch((error: Error) => {
        if (!this.stopping) this.faults.push(`${door}: ${error.stack}`);
      });
      await sleep(pauseMs);
    }
  }

  /** Lets every client finish what it has begun. */
  async stop(): Promise<void> {
    this.stopping = true;
    const late = setTimeout(() => this.clients.caller.end(), 60_000);
    await Promise.all(this.running);
    clearTimeout(late);
  }
}
