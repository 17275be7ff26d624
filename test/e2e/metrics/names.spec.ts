import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { aMessage, call } from '../../support/client.js';
import { anAction, Actions } from '../../support/actions.js';
import { eventually } from '../../support/eventually.js';
import { EventReader } from '../../support/event-reader.js';
import { Figures } from '../../support/figures.js';
import { Herald, type ServiceName } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';
import { METRICS } from '../../support/promql.js';

const SERVICES: ServiceName[] = ['gateway', 'delivery', 'agent-actions', 'merchant-answers', 'ops'];

/** Names of ours wherever Prometheus, Grafana or the autoscaler reads them; a histogram's parts under its own name. */
function namesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => statSync(file).isFile())
    .flatMap(
      (file) =>
        readFileSync(file, 'utf8').match(
          /\bherald_(outbox|dead|queue|http|accept|processing|end_to|batch|pool|stream)\w+/g,
        ) ?? [],
    )
    .map((name) => name.replace(/_(bucket|sum|count)$/, ''));
}

let herald: Herald;
let told: Map<string, { type: string; labels: Set<string> }>;
beforeAll(async () => {
  herald = await Herald.start({ services: SERVICES });
  const token = herald.token('unlimitedAccessToken');
  const stream = await EventReader.open(`${herald.url}/v1/feed/stream`, herald.jwtOf('dmurta'));
  await eventually(() => stream.lastId);
  await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage() });
  await new Actions(herald).post(anAction());
  await new Merchant(herald).open();
  await eventually(() => stream.of('message').length > 0);
  stream.close();
  await herald.query('alter table feed_messages rename to feed_messages_away');
  await call('GET', `${herald.url}/v1/feed`, { token: herald.jwtOf('dmurta') });
  await herald.query('alter table feed_messages_away rename to feed_messages');
  told = await eventually(async () => {
    const all = new Map<string, { type: string; labels: Set<string> }>();
    for (const service of SERVICES) {
      for (const [name, { type, labels }] of (await Figures.of(herald.service(service))).metrics) {
        all.set(name, { type, labels: new Set([...(all.get(name)?.labels ?? []), ...labels]) });
      }
    }
    return all.get('herald_end_to_end_seconds')?.labels.size && all.get('herald_http_faults_total')?.labels.size && all;
  }, 30_000);
});
afterAll(() => herald.stop());

it.each(METRICS.map((metric) => [metric.name, metric] as const))(
  '%s is served as metrics.yaml declares it',
  (name, metric) => {
    expect(told.get(name)?.type).toBe(metric.type);
    expect([...(told.get(name)?.labels ?? [])].sort()).toEqual([...metric.labels].sort());
  },
);

it.each(['docker', 'k8s'])('every metric that %s reads is served', (folder) => {
  const names = [...new Set(namesIn(resolve(__dirname, '../../..', folder)))];
  expect(names).toContain('herald_queue_oldest_seconds');
  expect(names.filter((name) => !told.has(name))).toEqual([]);
});
