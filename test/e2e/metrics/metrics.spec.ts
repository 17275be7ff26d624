import { randomUUID } from 'node:crypto';
import { aLogin, aMessage, call } from '../../support/client.js';
import { anAction, Actions } from '../../support/actions.js';
import { eventually } from '../../support/eventually.js';
import { Figures } from '../../support/figures.js';
import { Herald } from '../../support/herald.js';
import { Merchant, Producer } from '../../support/merchant.js';
import { sendRaw } from '../../support/raw-http.js';

let herald: Herald;

beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery', 'agent-actions', 'merchant-answers'] });
});
afterAll(() => herald.stop());

const figuresOf = (service: string) => Figures.of(herald.service(service));
const gateway = () => figuresOf('gateway');
const token = () => herald.token('unlimitedAccessToken');

describe('the gateway’s metrics of requests', () => {
  const ROUTE = { route: '/v1/feed/ai', method: 'POST' };

  test('counts and times each by its route, method and status', async () => {
    const before = await gateway();
    const messages = [aMessage(), aMessage(), aMessage({ title: '' })];
    for (const body of messages) await call('POST', `${herald.url}/v1/feed/ai`, { token: token(), body });
    expect(
      await eventually(async () => {
        const now = await gateway();
        const more = (name: string, labels: Record<string, string>) => now.sum(name, labels) - before.sum(name, labels);
        return (
          more('herald_http_requests_total', { ...ROUTE, status: '202' }) === 2 &&
          more('herald_http_requests_total', { ...ROUTE, status: '400' }) === 1 &&
          more('herald_http_request_duration_seconds_count', ROUTE) === 3 &&
          more('herald_accept_duration_seconds_count', { queue: 'delivery' }) === 2 &&
          more('herald_batch_size_sum', { queue: 'delivery' }) === 2
        );
      }),
    ).toBe(true);
  });

  test('a thousand paths that nobody knows are one route', async () => {
    const before = await gateway();
    for (let n = 0; n < 1000; n++) {
      const fromStranger = n % 2 === 0;
      const url = `${herald.url}/${randomUUID()}/${randomUUID()}?page=${n}`;
      const { status } = await call('GET', url, { token: fromStranger ? undefined : token() });
      expect(status).toBe(fromStranger ? 401 : 404);
    }
    await eventually(async () => {
      const now = await gateway();
      const route = { route: 'unknown', method: 'GET' };
      const seen = now.sum('herald_http_requests_total', route) - before.sum('herald_http_requests_total', route);
      if (seen < 1000) return false;
      expect(seen).toBe(1000);
      // The route itself, under two statuses, and its histogram.
      expect(now.series - before.series).toBeLessThan(40);
      return true;
    });
  });

  test('ids of messages are no labels', async () => {
    await call('GET', `${herald.url}/v1/messages/${randomUUID()}`, { token: token() });
    expect(
      await eventually(async () =>
        (await gateway()).has('herald_http_requests_total', { route: '/v1/messages/:correlationId', status: '404' }),
      ),
    ).toBe(true);
  });

  test('a method that nobody uses is one of the others', async () => {
    for (const method of ['PROPFIND', 'MKCOL', 'PURGE']) {
      await sendRaw(herald.url, `${method} /v1/feed HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
    }
    const now = await eventually(async () => {
      const figures = await gateway();
      return figures.sum('herald_http_requests_total', { route: 'unknown', method: 'other' }) === 3 && figures;
    });
    expect(now.has('herald_http_requests_total', { method: 'PROPFIND' })).toBe(false);
  });

  test("a client's mistake is no fault of ours, not even where it is documented as a 500", async () => {
    const before = await gateway();
    const merchant = new Merchant(herald);
    const { status } = await merchant.request({ context: {} });
    expect(status).toBe(500);
    const route = { route: '/api/v1/notification/request', method: 'POST' };
    await eventually(
      async () => (await gateway()).sum('herald_http_requests_total', { ...route, status: '500' }) === 1,
    );
    const now = await gateway();
    expect(now.sum('herald_http_faults_total') - before.sum('herald_http_faults_total')).toBe(0);
  });

  test('a fault of ours is one', async () => {
    const before = await gateway();
    await herald.query('alter table feed_messages rename to feed_messages_away');
    try {
      const { status } = await call('GET', `${herald.url}/v1/feed`, { token: herald.jwtOf('dmurta') });
      expect(status).toBe(500);
    } finally {
      await herald.query('alter table feed_messages_away rename to feed_messages');
    }
    const route = { route: '/v1/feed', method: 'GET' };
    await eventually(async () => {
      const now = await gateway();
      return now.sum('herald_http_faults_total', route) - before.sum('herald_http_faults_total', route) === 1;
    });
  });
});

describe('the workers’ metrics of messages', () => {
  test('each is counted once, with its wait, its work and its whole way', async () => {
    const before = await figuresOf('delivery');
    const recipientLogin = aLogin();
    const body = { messages: Array.from({ length: 50 }, () => aMessage({ recipientLogin })) };
    await call('POST', `${herald.url}/v1/feed/ai/batch`, { token: token(), body });
    const queue = { queue: 'delivery' };
    const now = await eventually(async () => {
      const figures = await figuresOf('delivery');
      const done =
        figures.sum('herald_end_to_end_seconds_count', queue) - before.sum('herald_end_to_end_seconds_count', queue);
      return done >= 50 && figures;
    });
    const more = (name: string) => now.sum(name, queue) - before.sum(name, queue);
    expect(more('herald_end_to_end_seconds_count')).toBe(50);
    expect(more('herald_batch_size_sum')).toBe(50);
    // The job that carried them is counted when it has ended.
    await eventually(async () => {
      const figures = await figuresOf('delivery');
      return ['herald_queue_wait_seconds_count', 'herald_processing_seconds_count'].every(
        (name) => figures.sum(name, queue) > before.sum(name, queue),
      );
    });
    const seconds =
      now.sum('herald_end_to_end_seconds_sum', queue) - before.sum('herald_end_to_end_seconds_sum', queue);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds / 50).toBeLessThan(10);
  });

  test('a message that waited for its worker has waited', async () => {
    const queue = { queue: 'agent-actions' };
    herald.service('agent-actions').signal('SIGSTOP');
    await new Actions(herald).post(anAction());
    await new Promise((resolve) => setTimeout(resolve, 1500));
    herald.service('agent-actions').signal('SIGCONT');
    const figures = await eventually(async () => {
      const now = await figuresOf('agent-actions');
      return now.sum('herald_end_to_end_seconds_sum', queue) > 0 && now;
    });
    expect(figures.sum('herald_end_to_end_seconds_sum', queue)).toBeGreaterThan(1);
  });

  test('jobs that services put on the queue themselves count too, and those that fail are in work as well', async () => {
    const producer = new Producer(herald, 'agent-actions');
    try {
      const before = await figuresOf('agent-actions');
      const good = { correlationId: randomUUID(), companyId: herald.company.id, body: anAction() };
      await producer.put('record', good);
      await producer.put('record', { ...good, correlationId: randomUUID(), body: {} });
      const queue = { queue: 'agent-actions' };
      expect(
        await eventually(async () => {
          const now = await figuresOf('agent-actions');
          const more = (name: string) => now.sum(name, queue) - before.sum(name, queue);
          return more('herald_end_to_end_seconds_count') === 1 && more('herald_processing_seconds_count') === 2;
        }),
      ).toBe(true);
    } finally {
      await producer.close();
    }
  });

  test("a merchant's command has its effect once it is answered", async () => {
    const queue = { queue: 'merchant-answers' };
    const before = await figuresOf('merchant-answers');
    await new Merchant(herald).open();
    expect(
      await eventually(async () => {
        const now = await figuresOf('merchant-answers');
        return (
          now.sum('herald_end_to_end_seconds_count', queue) - before.sum('herald_end_to_end_seconds_count', queue) === 1
        );
      }),
    ).toBe(true);
  });
});

describe.each(['gateway', 'delivery', 'agent-actions', 'merchant-answers'])('%s', (service) => {
  test('measures its connections, its event loop and its process', async () => {
    const figures = await figuresOf(service);
    for (const name of [
      'nodejs_eventloop_lag_p99_seconds',
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
    ])
      expect(figures.sum(name)).toBeGreaterThan(0);
    const idle = figures.sum('herald_pool_connections', { state: 'idle' });
    const busy = figures.sum('herald_pool_connections', { state: 'busy' });
    expect(idle + busy).toBeGreaterThan(0);
    expect(figures.has('herald_pool_waiting')).toBe(true);
  });

  test('has its figures on a port of their own, and nothing else there', async () => {
    const { url, metricsUrl } = herald.service(service);
    expect(new URL(metricsUrl).port).not.toBe(new URL(url).port);
    expect((await fetch(new URL('/metrics', url))).status).not.toBe(200);
    expect((await fetch(new URL('/health/live', metricsUrl))).status).toBe(404);
    expect((await fetch(metricsUrl, { method: 'POST' })).status).toBe(404);
  });

  test('names no company, person or message', async () => {
    const text = await (await fetch(herald.service(service).metricsUrl)).text();
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-|dmurta|hrld_/i);
  });
});
