import type { World } from '../world.js';
import { ActionClient } from './agent-actions.js';
import { Caller } from './caller.js';
import { DeliveryClient } from './delivery.js';
import { MerchantClient } from './merchant-answers.js';
import { Producers } from './producers.js';

/** Everyone who uses a world from outside; its ledger has their operations and results. */
export class Clients {
  readonly caller: Caller;
  readonly producers: Producers;
  readonly delivery: DeliveryClient;
  readonly actions: ActionClient;
  readonly merchant: MerchantClient;

  constructor(
    private readonly world: World,
    urls = world.urls,
  ) {
    this.caller = new Caller(urls);
    this.producers = new Producers(world);
    this.delivery = new DeliveryClient(world, this.caller, this.producers);
    this.actions = new ActionClient(world, this.caller, this.producers);
    this.merchant = new MerchantClient(world, this.caller, this.producers);
    world.onEnd(() => this.close());
  }

  /** The timeline of a message, as an operator reads it. */
  async stepsOf(id: string): Promise<string[]> {
    const token = this.world.herald.token('unlimitedAccessToken');
    const { body } = await this.caller.insist({ method: 'GET', path: `/v1/messages/${id}`, token });
    return (body.steps ?? []).map(({ step }: { step: string }) => step);
  }

  async close(): Promise<void> {
    this.caller.end();
    await this.producers.close();
  }
}
