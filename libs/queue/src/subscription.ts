import { Cluster } from 'ioredis';
import type { RedisClient } from './connection.js';

const HEARTBEAT_MS = 1000;
const HEARTBEAT = 'heartbeat';
/** Maximum number of consecutive heartbeats that may be missed in a cluster. */
const MAX_MISSED_HEARTBEATS = 3;

export interface SubscriptionOptions {
  channel: string;
  onMessage: (message: string) => void;
  /** Called whenever messages arrive again: those sent before are lost. */
  onListening?: () => void;
}

/** Listens to one channel of Redis pub/sub. What is sent while Redis is away is lost. */
export class Subscription {
  private readonly heartbeat: NodeJS.Timeout;
  private missedHeartbeats = 0;

  constructor(
    private readonly subscriber: RedisClient,
    private readonly options: SubscriptionOptions,
  ) {
    subscriber.on('message', (_channel: string, message: string) => {
      this.missedHeartbeats = 0;
      if (message !== HEARTBEAT) options.onMessage(message);
    });
    // This is the first subscription too; ioredis resubscribes after a reconnect.
    subscriber.on(
      'ready',
      () =>
        void subscriber.subscribe(options.channel).then(
          () => options.onListening?.(),
          () => undefined,
        ),
    );
    this.heartbeat = setInterval(() => void this.beat().catch(() => undefined), HEARTBEAT_MS);
  }

  close(): void {
    clearInterval(this.heartbeat);
    this.subscriber.disconnect();
  }

  /** Sends a heartbeat, because a connection that only listens does not notice that the other end is gone. */
  private async beat(): Promise<void> {
    const { subscriber } = this;
    // A ping without a reply ends the connection.
    if (!(subscriber instanceof Cluster)) return void (await subscriber.ping());
    // A cluster client chooses itself which node it listens to, so the heartbeat is published and must come back.
    if (subscriber.status !== 'ready') return;
    await subscriber.publish(this.options.channel, HEARTBEAT);
    if (++this.missedHeartbeats <= MAX_MISSED_HEARTBEATS) return;
    this.missedHeartbeats = 0;
    subscriber.disconnect(true);
  }
}
