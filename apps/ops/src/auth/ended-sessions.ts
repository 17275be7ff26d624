import { type RedisAddress, RedisScript } from '@herald/queue';

/** Marks a session as ended for ARGV[1] seconds. Without ARGV[1], returns 1 when it has ended. */
const END_OR_CHECK = `
  if ARGV[1] then return redis.call('set', KEYS[1], '', 'EX', ARGV[1]) end
  return redis.call('exists', KEYS[1])`;

const START_MS = 2000;

/** Sessions ended by a logout. They are in Redis, so that every replica refuses them. Rejects while Redis is down. */
export class EndedSessions {
  private constructor(
    private readonly script: RedisScript,
    private readonly namespace: string,
  ) {}

  static async connect(redis: RedisAddress, namespace: string): Promise<EndedSessions> {
    const script = new RedisScript(redis, END_OR_CHECK);
    await script.isReady(START_MS);
    return new EndedSessions(script, namespace);
  }

  async has(id: string): Promise<boolean> {
    return (await this.script.run([this.keyOf(id)], [])) === 1;
  }

  async add(id: string, seconds: number): Promise<void> {
    await this.script.run([this.keyOf(id)], [seconds]);
  }

  onApplicationShutdown(): void {
    this.script.close();
  }

  private keyOf(id: string): string {
    return `{${this.namespace}:ops}:ended:${id}`;
  }
}
