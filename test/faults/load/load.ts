import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../world.js';
import { actionActors } from './agent-actions.js';
import { Caller } from './caller.js';
import { deliveryActors } from './delivery.js';
import { merchantActors } from './merchant-answers.js';
import { Producers } from './producers.js';
import type { Actor, Scene } from './actor.js';

/** Clients of all three slices, through every door, until they are told to stop. */
export class Load {
  private stopping = false;
  private readonly running: Promise<void>[] = [];
  private readonly caller: Caller;
  private readonly producers: Producers;
  /** Errors that are the load's own. */
  readonly faults: string[] = [];

  constructor(world: World, pace = 1) {
    this.caller = new Caller(world.urls);
    this.producers = new Producers(world);
    let turn = 0;
    const scene: Scene = { world, caller: this.caller, producers: this.producers, keyed: () => turn++ % 2 === 0 };
    for (const actor of [...deliveryActors(scene), ...actionActors(scene), ...merchantActors(scene)]) {
      for (let client = 0; client < actor.clients; client++) this.running.push(this.repeat(actor, pace));
    }
  }

  private async repeat({ door, pauseMs, act }: Actor, pace: number): Promise<void> {
    while (!this.stopping) {
      await act().catch((error: Error) => {
        if (!this.stopping) this.faults.push(`${door}: ${error.stack}`);
      });
      await sleep(pauseMs / pace);
    }
  }

  /** Lets every client finish what it has begun. */
  async stop(): Promise<void> {
    this.stopping = true;
    const late = setTimeout(() => this.caller.end(), 60_000);
    await Promise.all(this.running);
    clearTimeout(late);
    await this.producers.close();
  }
}
