import { type RedisAddress, RedisScript } from '@herald/queue';

/** ARGV[1]: for how many seconds the session is to be known as ended. Without it: whether it is. */
const END_OR_ASK = `
  if ARGV[1] then return redis.call('set', KEYS[1], '', 'EX', ARGV[1]) end
  return redis.call('exists', KEYS[1])`;

const START_MS = 2000;

/** Sessions that somebody logged out of, in Redis, so that every replica refuses them. Rejects while Redis is away. */
export class EndedSessions {
  private constructor(
    private readonly script: RedisScript,
    private readonly namespace: string,
  ) {}

  static async connect(redis: RedisAddress, namespace: string): Promise<EndedSessions> {
    const script = new RedisScript(redis, END_OR_ASK);
    await script.isReady(START_MS);
    return new EndedSessions(script, namespace);
  }

  async has(id: string): Promise<boolean> {
    return (await this.script.run([this.keyOf(id)], [])) === 1;
  }

  async add(id: string, seconds: number): Promise<void> {
    await this.script.run([this.keyOf(id)], [seconds]);
  }

  close(): void {
    this.script.close();
  }

  private keyOf(id: string): string {
    return `{${this.namespace}:ops}:ended:${id}`;
  }
}
