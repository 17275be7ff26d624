import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { parseRedisUrl } from '@herald/bootstrap';
import { merchantAnswers } from '@herald/contracts';
import { prefixOf, QueueClient } from '@herald/queue';
import type { Cluster } from 'ioredis';
import { startRedis } from '../../../apps/local/src/servers/redis.js';
import { producerConnection, scriptConnection } from '../../../libs/queue/src/connection.js';
import type { Breakable } from '../faults/breakable.js';
import { Folder } from '../faults/servers.js';
import { Actions, anAction } from '../../support/actions.js';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald, QUEUE_SECRET } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';
import { RedisCluster } from './redis-cluster.js';

/** A busy machine may take this long until everyone has noticed what happened to a node. */
const NOTICED_MS = 30_000;

let folder: Folder;
let cluster: RedisCluster;
let herald: Herald;
let merchant: Merchant;
let actions: Actions;
beforeAll(async () => {
  folder = await Folder.make();
  cluster = await RedisCluster.start(join(folder.path, 'cluster'));
  herald = await Herald.start({
    services: ['gateway', 'delivery', 'agent-actions', 'merchant-answers'],
    redisUrl: cluster.url(),
    namespace: await spreadNamespace(),
  });
  merchant = new Merchant(herald);
  actions = new Actions(herald);
});
afterAll(async () => {
  await herald?.stop();
  await cluster?.stop();
  await folder.remove();
});

/** Restarts missing nodes after a failed test. */
afterEach(async () => {
  const ended = cluster.nodes.filter((node) => node.hasEnded);
  for (const node of ended) await node.startAgain();
  for (const node of cluster.nodes) node.thaw();
  await cluster.tellAll('CONFIG', 'SET', 'cluster-require-full-coverage', 'yes');
});

/** Each product's queue on a master of its own. */
async function spreadNamespace(): Promise<string> {
  for (;;) {
    const namespace = `test-${randomUUID()}`;
    const masters = await Promise.all(QUEUES.map((queue) => cluster.masterOf(prefixOf(queue, namespace))));
    if (new Set(masters).size === QUEUES.length) return namespace;
  }
}

const QUEUES = ['delivery', 'agent-actions', 'merchant-answers'];
const masterOf = (queue: string) => cluster.masterOf(prefixOf(queue, herald.namespace));

async function send(): Promise<string> {
  const token = herald.token('unlimitedAccessToken');
  const { status, body } = await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage() });
  expect(status).toBe(202);
  return body.correlationId;
}

const deliveries = async (ids: string[]) =>
  (await herald.query('select id from feed_messages where id = any($1::uuid[])', [ids])).length;
const delivered = (...ids: string[]) => eventually(async () => (await deliveries(ids)) === ids.length, NOTICED_MS);

const health = (name: string, kind: string) => call('GET', `${herald.service(name).url}/health/${kind}`);
const isReady = async (name: string) => (await health(name, 'ready')).status === 200;

async function back(node: Breakable, how: 'kill' | 'freeze'): Promise<void> {
  if (how === 'kill') await node.startAgain();
  else node.thaw();
  await cluster.whole(NOTICED_MS);
  for (const name of ['gateway', ...QUEUES]) await eventually(() => isReady(name), NOTICED_MS);
}

describe('a cluster that is found from one of its nodes', () => {
  it('serves a gateway', async () => {
    const gateway = await herald.startService('gateway', { env: { REDIS_URL: cluster.url(1) } }, 'second');
    await eventually(() => isReady('second'));
    await gateway.stop();
  });

  it.each([
    ['a producer', producerConnection],
    ['a script', scriptConnection],
  ])('is ready for %s at the first attempt', async (_, connection) => {
    for (let round = 0; round < 10; round++) {
      const redis = connection(parseRedisUrl(cluster.url(1)));
      let attempts = 1;
      redis.on('reconnecting', () => attempts++);
      await eventually(() => redis.status === 'ready');
      redis.disconnect();
      expect(attempts).toBe(1);
    }
  });
});

describe.each(['kill', 'freeze'] as const)('a cluster that lost a master (%s)', (how) => {
  it('fails honestly, accepts what can wait, and goes on once the master is back', async () => {
    expect((await merchant.request()).status).toBe(200);
    const lost = await masterOf('merchant-answers');
    await lost[how]();
    const begun = Date.now();
    const refused = await merchant.request();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, expect.any(String)]);
    expect(Date.now() - begun).toBeLessThan(4000);
    const waiting = [await send(), await send()];
    await eventually(async () => !(await isReady('gateway')), NOTICED_MS);
    expect((await health('gateway', 'live')).status).toBe(200);
    expect(herald.service('gateway').log).toContain('redis does not respond: ');

    await back(lost, how);
    expect((await merchant.request()).status).toBe(200);
    await delivered(...waiting, await send());
  });

  it('serves the queues of the others, when it is set to do without', async () => {
    await cluster.tellAll('CONFIG', 'SET', 'cluster-require-full-coverage', 'no');
    const lost = await masterOf('merchant-answers');
    await lost[how]();
    expect((await merchant.request()).status).toBe(503);
    await delivered(await send(), await send());
    const kept = await actions.post(anAction());
    expect(kept.status).toBe(202);
    await actions.recorded(kept.body.correlationId, NOTICED_MS);

    await back(lost, how);
    expect((await merchant.request()).status).toBe(200);
  });
});

it('gives jobs to a worker that started while a master was away', async () => {
  await herald.service('agent-actions').stop();
  const [lost, kept] = [await masterOf('merchant-answers'), await masterOf('agent-actions')];
  await lost.kill();
  const isDown = async () => (await cluster.ask<string>(kept, 'CLUSTER', 'INFO')).includes('cluster_state:fail');
  await eventually(isDown, NOTICED_MS);
  await herald.startService('agent-actions');
  await back(lost, 'kill');
  await actions.record();
});

it('is heard again after the node that a gateway listened to froze', async () => {
  await cluster.tellAll('CONFIG', 'SET', 'cluster-require-full-coverage', 'no');
  const channels = `${herald.namespace}:replies:*`;
  const heard = await Promise.all(cluster.nodes.map((node) => cluster.ask<[]>(node, 'PUBSUB', 'CHANNELS', channels)));
  const listening = cluster.nodes[heard.findIndex((found) => found.length > 0)] as Breakable;
  const other = cluster.nodes.find((node) => node !== listening) as Breakable;
  const own = await masterOf('merchant-answers');
  if (own === listening) await cluster.move(prefixOf('merchant-answers', herald.namespace), other);
  listening.freeze();
  await eventually(async () => {
    const begun = Date.now();
    expect((await merchant.request()).status).toBe(200);
    // A reply that was not heard is read from the job at the deadline, 5 s later.
    return Date.now() - begun < 4000;
  }, NOTICED_MS);
  await back(listening, 'freeze');
});

it('replaces a subscription that went silent without a word', async () => {
  const client = new QueueClient([merchantAnswers], {
    redis: parseRedisUrl(cluster.url()),
    namespace: herald.namespace,
    secrets: [QUEUE_SECRET],
  });
  await client.check();
  const nothing = () => ({
    v: 1 as const,
    correlationId: randomUUID(),
    merchantId: merchant.id,
    notificationId: 2 ** 31 - 1,
  });
  const { inbox } = client as unknown as { inbox: { subscription: { subscriber: Cluster } } };
  const { subscriber } = inbox.subscription;
  await eventually(() => subscriber.status === 'ready');
  await subscriber.unsubscribe();
  await eventually(async () => {
    const begun = Date.now();
    await expect(client.ask(merchantAnswers, 'delete', nothing())).rejects.toMatchObject({ status: 404 });
    return Date.now() - begun < 3000;
  }, NOTICED_MS);
  await client.close();
});

it('may give a queue to another master meanwhile: nothing is lost or doubled', async () => {
  const from = await masterOf('delivery');
  const to = cluster.nodes.find((node) => node !== from) as Breakable;
  const ids: string[] = [];
  let moving = true;
  const sending = (async () => {
    while (moving) ids.push(await send());
  })();
  await eventually(() => ids.length > 20);
  await cluster.move(prefixOf('delivery', herald.namespace), to);
  expect(await masterOf('delivery')).toBe(to);
  moving = false;
  await sending;
  await delivered(...ids, await send());
  expect(await herald.query('select id from outbox')).toEqual([]);
  expect(await herald.query('select id from dead_letters')).toEqual([]);
});

describe('a service refuses to start', () => {
  it('with a cluster of which one master would evict jobs', async () => {
    const [, second] = cluster.nodes as [Breakable, Breakable];
    await cluster.ask(second, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    for (const name of ['gateway', 'delivery', 'ops'] as const) {
      await expect(herald.startService(name, {}, 'refused')).rejects.toThrow(/noeviction, not allkeys-lru/);
    }
    await cluster.ask(second, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  });

  it('with a cluster that REDIS_URL names as a server', async () => {
    const [node] = cluster.nodes as [Breakable];
    for (const name of ['gateway', 'delivery', 'ops'] as const) {
      const start = herald.startService(name, { env: { REDIS_URL: node.url } }, 'refused');
      await expect(start).rejects.toThrow(/names a cluster as if it were a server: .* redis\+cluster:/);
    }
  });

  it('with a server that REDIS_URL names as a cluster', async () => {
    const server = await startRedis({ dataDir: join(folder.path, 'server') });
    for (const name of ['gateway', 'delivery', 'ops'] as const) {
      const env = { REDIS_URL: server.url.replace('redis:', 'redis+cluster:') };
      const start = herald.startService(name, { env }, 'refused');
      await expect(start).rejects.toThrow(/names a cluster, and its server is none/);
    }
    await server.stop();
  });
});
