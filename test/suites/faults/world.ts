import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../../apps/local/src/servers/free-port.js';
import { eventually } from '../../support/eventually.js';
import { Herald, type ServiceName } from '../../support/herald.js';
import { Instance } from './instance.js';
import { EventConsumer } from './load/event-consumer.js';
import { Ledger } from './ledger.js';
import { Proxy } from './proxy.js';
import { Folder, postgresIn, redisIn } from './servers.js';
import type { Breakable } from './breakable.js';

export interface WorldOptions {
  /** The number of processes of each service. */
  services: Partial<Record<ServiceName, number>>;
  env?: Record<string, string>;
  /** Modules loaded into a service before it starts. */
  preload?: Partial<Record<ServiceName, string[]>>;
  /** A Postgres that others use too, and that is therefore not broken. */
  postgres?: Breakable;
  postgresSettings?: Record<string, string>;
  /** Gets the superuser's URL and the data folder before a database is made. */
  preparePostgres?(url: string, folder: string): Promise<void>;
  redisFolder?: string;
  /** The services reach both servers through proxies. */
  proxied?: boolean;
}

/** The services' settings, as in production; other tests use shorter times. */
const AS_IN_PRODUCTION = { JOB_LOCK_MS: '5000', SWEEP_AFTER_MS: '5000' };

/** The time within which all work must be done once all faults are over. */
const DRAIN_MS = 90_000;

/** Herald on servers of its own, all of which may be broken. */
export class World {
  readonly instances = new Map<string, Instance>();
  /** The system that hears of questions and their ends. */
  readonly events: EventConsumer;
  private readonly ends: (() => Promise<unknown>)[] = [];
  private static readonly open = new Set<World>();

  private constructor(
    readonly herald: Herald,
    readonly ledger: Ledger,
    readonly postgres: Breakable,
    readonly redis: Breakable,
    /** Looks into Redis past the proxies. */
    readonly eye: Redis,
    readonly proxies: { postgres: Proxy; redis: Proxy } | undefined,
  ) {
    this.events = new EventConsumer(redis.url, herald.namespace, ledger);
    this.onEnd(() => this.events.close());
  }

  static async start(options: WorldOptions): Promise<World> {
    const ends: (() => Promise<unknown>)[] = [];
    try {
      const folder = await Folder.make();
      ends.push(() => folder.remove());
      const ownPostgres = () => postgresIn(join(folder.path, 'postgres'), options.postgresSettings);
      const postgres = options.postgres ?? (await ownPostgres());
      if (!options.postgres) ends.push(() => postgres.stop());
      await options.preparePostgres?.(postgres.url, join(folder.path, 'postgres'));
      const redis = await redisIn(options.redisFolder ?? join(folder.path, 'redis'));
      ends.push(() => redis.stop());
      const proxies = options.proxied
        ? { postgres: await Proxy.to(postgres.port), redis: await Proxy.to(redis.port) }
        : undefined;
      const herald = await Herald.start({
        services: [],
        env: { ...AS_IN_PRODUCTION, MERCHANT_EVENTS: 'on', ...options.env },
        redisUrl: redis.url,
        postgresUrl: postgres.url,
        through: { postgres: proxies?.postgres.port, redis: proxies?.redis.port },
      });
      ends.push(() => herald.stop());
      const eye = new Redis(redis.url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
      eye.on('error', () => undefined);
      ends.push(async () => eye.disconnect());
      const ledger = await Ledger.open(join(folder.path, 'ledger.jsonl'));
      ends.push(() => ledger.close());
      const world = new World(herald, ledger, postgres, redis, eye, proxies);
      // Proxies end after the services and before the servers.
      ends.splice(-3, 0, async () => {
        await proxies?.postgres.close();
        await proxies?.redis.close();
      });
      world.ends.unshift(...ends);
      World.open.add(world);
      await world.startServices(options, folder.path);
      return world;
    } catch (error) {
      for (const end of ends.toReversed()) await end().catch(() => undefined);
      throw error;
    }
  }

  private async startServices({ services, preload = {} }: WorldOptions, folder: string): Promise<void> {
    for (const [app, count] of Object.entries(services) as [ServiceName, number][]) {
      for (let number = 1; number <= count; number++) {
        const name = `${app}-${number}`;
        const port = await freePort();
        const instance = new Instance({ herald: this.herald, app, name, folder, port, preload: preload[app] });
        this.instances.set(name, instance);
      }
    }
    const starts = await Promise.allSettled([...this.instances.values()].map((instance) => instance.start()));
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
  }

  instance(name: string): Instance {
    const instance = this.instances.get(name);
    if (!instance) throw new Error(`there is no ${name}`);
    return instance;
  }

  of(app: ServiceName): Instance[] {
    return [...this.instances.values()].filter((instance) => instance.app === app);
  }

  /** Addresses of the gateways. */
  get urls(): string[] {
    return this.of('gateway').map(({ url }) => url);
  }

  /** The processes that ended without being stopped. */
  get casualties(): string[] {
    return [...this.instances.values()].flatMap(({ fault }) => fault ?? []);
  }

  /** Waits until nothing is owed and no job is left; false when that takes too long. */
  async drain(withinMs = DRAIN_MS): Promise<boolean> {
    return eventually(async () => (await this.unfinished()) === 0, withinMs).then(
      () => true,
      () => false,
    );
  }

  /** Messages that are owed, open questions that will end by themselves soon, and jobs that wait or are in work. */
  async unfinished(): Promise<number> {
    const [{ owed } = { owed: 0 }] = await this.herald.query<{ owed: number }>(
      `select (select count(*) from outbox)::int
            + (select count(*) from notifications where status = 'requested' and expires_at < now() + interval '1 minute')::int as owed`,
    );
    return owed + (await this.unfinishedJobs()).length;
  }

  /** Ids of the jobs that wait or are in work; in the same transaction Redis does `then`. */
  async unfinishedJobs(then?: [string, ...string[]]): Promise<string[]> {
    const transaction = this.eye.multi();
    for (const queue of QUEUES) {
      for (const list of ['wait', 'active', 'paused']) transaction.lrange(this.key(queue, list), 0, -1);
      for (const set of ['delayed', 'prioritized']) transaction.zrange(this.key(queue, set), 0, '-1');
    }
    if (then) transaction.call(...then);
    const answers = (await transaction.exec()) ?? [];
    for (const [error] of answers) if (error) throw error;
    return answers.flatMap(([, ids]) => (Array.isArray(ids) ? (ids as string[]) : []));
  }

  /** The states of messages and jobs, for diagnosing a fault. */
  async standings(): Promise<string> {
    const rows = await this.herald.query<{ line: string }>(
      `select concat_ws(' ', queue, count(*) filter (where job_id is null), 'waiting for their turn,',
                        count(*) filter (where job_id is not null), 'published, the oldest', max(now() - queued_at)) as line
         from outbox group by queue order by queue`,
    );
    const lists: string[] = [];
    for (const queue of QUEUES) {
      for (const list of ['wait', 'active'])
        lists.push(`${queue} ${list} ${await this.eye.llen(this.key(queue, list))}`);
      for (const set of ['delayed', 'failed']) lists.push(`${set} ${await this.eye.zcard(this.key(queue, set))}`);
    }
    return `outbox: ${rows.map(({ line }) => line).join('; ')}. Redis: ${lists.join(', ')}`;
  }

  /** BullMQ's key of a queue. */
  key(queue: string, name: string): string {
    return `{${this.herald.namespace}:${queue}}:${queue}:${name}`;
  }

  /** Runs when the world ends, before anything of it does. */
  onEnd(end: () => Promise<unknown>): void {
    this.ends.push(end);
  }

  /** Whatever one of its ends has against it, the others follow. */
  async end(): Promise<void> {
    World.open.delete(this);
    this.keepLogs();
    for (const instance of this.instances.values()) {
      instance.release();
      instance.thaw();
    }
    const faults: unknown[] = [];
    for (const end of this.ends.toReversed()) await end().catch((fault: unknown) => faults.push(fault));
    if (faults.length > 0) throw faults[0];
  }

  /** For diagnosing a fault: HERALD_FAULTS_LOGS names a folder for the output of the services. */
  private keepLogs(): void {
    const folder = process.env.HERALD_FAULTS_LOGS;
    if (!folder) return;
    for (const { name, log } of this.instances.values()) {
      appendFileSync(join(folder, `${this.herald.namespace}-${name}.log`), log);
    }
  }

  /** When the run is interrupted. */
  static async endAll(): Promise<void> {
    await Promise.allSettled([...World.open].map((world) => world.end()));
  }
}

export const QUEUES = ['delivery', 'agent-actions', 'merchant-answers', 'merchant-answers.events'];
