import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startRedis } from '../../../apps/local/src/servers/redis.js';
import { Breakable } from '../faults/breakable.js';
import { eventually } from '../../support/eventually.js';

const MASTERS = 3;
const SLOTS = 16_384;
const PASSWORD = 'for-tests-only';
const STEADY_MS = 1000;
const SETTINGS = { 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000' };

/** A Redis Cluster of three masters without replicas, as processes of our own. */
export class RedisCluster {
  private constructor(readonly nodes: Breakable[]) {}

  static async start(folder: string): Promise<RedisCluster> {
    const cluster = new RedisCluster([]);
    try {
      for (let index = 0; index < MASTERS; index++) cluster.nodes.push(await startNode(join(folder, `node-${index}`)));
      await cluster.unite();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** As REDIS_URL; with all nodes, or with the first few. */
  url(nodes = MASTERS): string {
    const places = this.nodes.slice(0, nodes).map(({ port }) => `127.0.0.1:${port}`);
    return `redis+cluster://:${PASSWORD}@${places.join(',')}`;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  /** Asks a node itself, wherever the key may be. */
  async ask<T>(node: Breakable, command: string, ...args: (string | number)[]): Promise<T> {
    const client = new Redis(node.url);
    try {
      return (await client.call(command, ...args)) as T;
    } finally {
      client.disconnect();
    }
  }

  async tellAll(command: string, ...args: (string | number)[]): Promise<void> {
    await Promise.all(this.nodes.map((node) => this.ask(node, command, ...args)));
  }

  async masterOf(key: string): Promise<Breakable> {
    const [first] = this.nodes as [Breakable];
    const slot = await this.ask<number>(first, 'CLUSTER', 'KEYSLOT', key);
    const ranges = await this.ask<[number, number, [string, number]][]>(first, 'CLUSTER', 'SLOTS');
    const range = ranges.find(([from, to]) => from <= slot && slot <= to);
    return this.nodes.find(({ port }) => port === range?.[2][1]) as Breakable;
  }

  /** Gives the slot of a key, and all that is in it, to another master, as resharding does. */
  async move(key: string, to: Breakable): Promise<void> {
    const from = await this.masterOf(key);
    const slot = await this.ask<number>(from, 'CLUSTER', 'KEYSLOT', key);
    const [fromId, toId] = [await this.idOf(from), await this.idOf(to)];
    await this.ask(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await this.ask(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    const place = ['127.0.0.1', to.port, '', 0, 5000, 'AUTH', PASSWORD, 'KEYS'] as const;
    for (;;) {
      const keys = await this.ask<string[]>(from, 'CLUSTER', 'GETKEYSINSLOT', slot, 100);
      if (keys.length === 0) break;
      await this.ask(from, 'MIGRATE', ...place, ...keys);
    }
    for (const node of [to, from, ...this.nodes]) await this.ask(node, 'CLUSTER', 'SETSLOT', slot, 'NODE', toId);
  }

  private idOf(node: Breakable): Promise<string> {
    return this.ask<string>(node, 'CLUSTER', 'MYID');
  }

  private async unite(): Promise<void> {
    const share = Math.ceil(SLOTS / MASTERS);
    for (const [index, node] of this.nodes.entries()) {
      const slots = Array.from({ length: SLOTS }, (_, slot) => slot).slice(index * share, (index + 1) * share);
      await this.ask(node, 'CLUSTER', 'ADDSLOTS', ...slots);
      if (index > 0) await this.ask(node, 'CLUSTER', 'MEET', '127.0.0.1', (this.nodes[0] as Breakable).port);
    }
    await this.whole();
  }

  /** Resolves when every node knows that all slots are served, and keeps to it: one that was frozen has to find out first. */
  async whole(withinMs = 30_000): Promise<void> {
    let since: number | undefined;
    await eventually(async () => {
      since = (await this.isWhole()) ? (since ?? Date.now()) : undefined;
      return since !== undefined && Date.now() - since > STEADY_MS;
    }, withinMs);
  }

  private async isWhole(): Promise<boolean> {
    const infos = await Promise.all(this.nodes.map((node) => this.ask<string>(node, 'CLUSTER', 'INFO')));
    return infos.every((info) => info.includes('cluster_state:ok') && info.includes(`known_nodes:${MASTERS}`));
  }
}

async function startNode(dataDir: string): Promise<Breakable> {
  mkdirSync(dataDir, { recursive: true });
  // A cluster has one password.
  writeFileSync(join(dataDir, 'password'), PASSWORD, { mode: 0o600 });
  return Breakable.start((port) => startRedis({ dataDir, port, settings: SETTINGS }));
}
