import { randomBytes, randomUUID } from 'node:crypto';
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { Queue } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import { Redis } from 'ioredis';
import { prefixOf } from '@herald/queue';
import { aLogin, aMessage, call } from '../../support/client.js';
import { Collector, type Trace } from '../../support/collector.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Merchant, Producer } from '../../support/merchant.js';
import { brokenBuild, preload } from '../../support/preloads.js';
import { settingsOf } from '../../support/settings.js';

jest.setTimeout(180_000);

let collector: Collector;
let herald: Herald;
let merchant: Merchant;
beforeAll(async () => {
  collector = await Collector.start();
  herald = await Herald.start({
    services: ['gateway', 'delivery', 'merchant-answers'],
    env: { ...collector.env, MERCHANT_ANSWERED_EVENTS: 'on' },
  });
  merchant = new Merchant(herald);
});
afterAll(async () => {
  await herald.stop();
  await collector.close();
});

/** A trace that a caller has begun: its spans there are none of ours. */
function aTrace(flags = '01') {
  const [id, caller] = [16, 8].map((bytes) => randomBytes(bytes).toString('hex')) as [string, string];
  collector.callers.add(caller);
  return { id, headers: { traceparent: `00-${id}-${caller}-${flags}` } };
}

const send = (headers: Record<string, string>, message = {}, gateway = 'gateway') =>
  call('POST', `${herald.service(gateway).url}/v1/feed/ai`, {
    token: herald.token('unlimitedAccessToken'),
    body: aMessage(message),
    headers,
  });

/** The statement by which a message leaves the outbox for a feed. */
const delivering = (seen: Trace) => seen.statement('delivery', 'insert into feed_messages');
const answering = (seen: Trace) => seen.statement('merchant-answers', "status = 'answered'");

const WAY_OF_A_MESSAGE = ['gateway: POST /v1/feed/ai', 'gateway: send delivery', 'delivery: process delivery'];

describe('a message', () => {
  it('is one trace, from the request over outbox and job to the statement that delivers it', async () => {
    const { id, headers } = aTrace();
    const answer = await send(headers);
    expect(answer.status).toBe(202);
    // The caller goes on with the same trace.
    expect(answer.headers.get('traceparent')).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-01$`));

    const seen = await collector.trace(id, delivering);
    expect(seen.isUnbroken).toBe(true);
    expect(seen.wayTo(delivering(seen)).slice(0, -1)).toEqual(WAY_OF_A_MESSAGE);
    expect(seen.wayTo(seen.statement('gateway', 'insert into outbox')).slice(0, -1)).toEqual([
      'gateway: POST /v1/feed/ai',
      'gateway: commit to outbox',
    ]);
    const { correlationId } = answer.body;
    expect(seen.find('gateway', 'POST /v1/feed/ai')?.attributes).toMatchObject({
      'http.response.status_code': 202,
      'herald.correlation_id': correlationId,
      'herald.request_id': answer.headers.get('x-request-id'),
    });
    expect(seen.find('delivery', 'process delivery')?.attributes).toMatchObject({
      'herald.correlation_id': correlationId,
    });
  });

  it('has a trace of its own however many are accepted, sent and delivered together', async () => {
    const traces = Array.from({ length: 40 }, () => aTrace());
    await Promise.all(traces.map(({ headers }) => send(headers)));
    for (const { id } of traces) {
      const seen = await collector.trace(id, (trace) => trace.find('delivery', 'process delivery'));
      const worked = seen.find('delivery', 'process delivery');
      const way = seen.wayTo(worked);
      expect([seen.isUnbroken, way[0], way.at(-1)]).toEqual([true, WAY_OF_A_MESSAGE[0], WAY_OF_A_MESSAGE.at(-1)]);
      // The statement of all of them is in one of their traces, to which the others lead.
      const linked = collector.spans.filter(({ traceId }) => [id, ...(worked?.links ?? [])].includes(traceId));
      expect(
        linked.some(({ attributes }) =>
          String(attributes['db.query.text'] ?? attributes['db.statement']).includes('feed_messages'),
        ),
      ).toBe(true);
    }
  });

  it('keeps its trace when Redis lost its job: the sweeper goes on with what stands in the outbox', async () => {
    const { id, headers } = aTrace();
    herald.service('delivery').signal('SIGSTOP');
    const { body } = await send(headers);
    const redis = new Redis(herald.redisUrl);
    try {
      const published = () => redis.keys(`${prefixOf('delivery', herald.namespace)}:*`);
      await eventually(async () => {
        const [row] = await herald.query<{ queued: boolean }>(
          'select queued_at is not null queued from outbox where id = $1',
          [body.correlationId],
        );
        return row?.queued;
      });
      const keys = await published();
      if (keys.length > 0) await redis.del(...keys);
    } finally {
      redis.disconnect();
      herald.service('delivery').signal('SIGCONT');
    }
    const seen = await collector.trace(id, delivering, 30_000);
    expect([seen.isUnbroken, delivering(seen)?.failed]).toEqual([true, false]);
  });

  it('that no caller traced begins a trace; one that a caller does not want recorded leaves none', async () => {
    const answer = await send({});
    const [, id] = answer.headers.get('traceparent')!.split('-');
    const seen = await collector.trace(id!, delivering);
    expect([seen.isUnbroken, seen.wayTo(delivering(seen)).slice(0, -1)]).toEqual([true, WAY_OF_A_MESSAGE]);

    const unwanted = aTrace('00');
    const { headers, body } = await send(unwanted.headers, { recipientLogin: aLogin() });
    expect(headers.get('traceparent')).toMatch(new RegExp(`^00-${unwanted.id}-.*-00$`));
    await gone(body.correlationId);
    // Wait until a later trace has arrived.
    const later = aTrace();
    await send(later.headers);
    expect(delivering(await collector.trace(later.id, delivering))).toBeDefined();
    expect(collector.spans.filter(({ traceId }) => traceId === unwanted.id)).toEqual([]);
  });

  it('whose trace is dropped at the outbox would be noticed', async () => {
    await herald.startService('gateway', { preload: brokenBuild('gateway/drop-traceparent') }, 'forgetful');
    const { id, headers } = aTrace();
    const { body } = await send(headers, {}, 'forgetful');
    await gone(body.correlationId);
    const seen = await collector.trace(id, delivering, 2000);
    expect(seen.find('gateway', 'POST /v1/feed/ai')).toBeDefined();
    expect(seen.wayTo(delivering(seen))).toEqual([]);
    // The worker's part is a trace by itself.
    const elsewhere = await eventually(() =>
      collector.spans.find(
        ({ attributes }) => attributes['herald.correlation_id'] === body.correlationId && attributes['herald.attempt'],
      ),
    );
    expect(elsewhere.traceId).not.toBe(id);
    await herald.service('forgetful').stop();
  });
});

/** Done: no longer owed. */
const gone = (id: string) =>
  eventually(async () => (await herald.query('select from outbox where id = $1', [id])).length === 0);

describe('an awaited answer', () => {
  const WAY = [
    'gateway: POST /api/v1/notification/:notification_id/answer',
    'gateway: send merchant-answers',
    'merchant-answers: process merchant-answers',
  ];

  it("is one trace, from the request over the job and the worker's statement to the reply", async () => {
    const notification = await merchant.open();
    const { id, headers } = aTrace();
    const answer = await merchant.answer(notification, { answer: 'Yes' }, headers);
    expect(answer.status).toBe(200);
    const seen = await collector.trace(id, (trace) => answering(trace) && replying(trace));
    expect(seen.isUnbroken).toBe(true);
    expect(seen.wayTo(answering(seen)).slice(0, 3)).toEqual(WAY);
    expect(seen.wayTo(replying(seen)).slice(0, 3)).toEqual(WAY);
    expect(
      seen.find('gateway', 'POST /api/v1/notification/:notification_id/answer')?.attributes[
        'http.response.status_code'
      ],
    ).toBe(200);
  });

  it('goes on with its trace in its event', async () => {
    const notification = await merchant.open();
    const { id, headers } = aTrace();
    await merchant.answer(notification, { answer: 'Yes' }, headers);
    const telling = (trace: Trace) => trace.find('gateway', 'send merchant-answers.answered');
    const seen = await collector.trace(id, telling);
    expect([seen.isUnbroken, seen.wayTo(telling(seen)).slice(0, 3)]).toEqual([true, WAY]);
  });
});

const replying = (trace: Trace) =>
  trace.spans.find(({ service, name }) => service === 'herald-merchant-answers' && /publish/i.test(name));

describe('a job that another service puts on a queue', () => {
  it("goes on with the trace of BullMQ's own telemetry", async () => {
    const noting = new InMemorySpanExporter();
    const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(noting)] });
    provider.register();
    const connection = new Redis(herald.redisUrl, { maxRetriesPerRequest: null });
    const telemetry = new BullMQOtel({ tracerName: 'producer' });
    const queue = new Queue('delivery', { connection, prefix: prefixOf('delivery', herald.namespace), telemetry });
    const span = trace.getTracer('producer').startSpan('decide', {}, ROOT_CONTEXT);
    const { traceId } = span.spanContext();
    try {
      const data = { v: 1, correlationId: randomUUID(), companyId: herald.company.id, body: aMessage() };
      await context.with(trace.setSpan(ROOT_CONTEXT, span), () => queue.add('deliver', data));
    } finally {
      span.end();
      for (const ended of noting.getFinishedSpans()) collector.callers.add(ended.spanContext().spanId);
      await queue.close();
      connection.disconnect();
      await provider.shutdown();
      for (const api of [trace, context, propagation]) api.disable();
    }
    const seen = await collector.trace(traceId, delivering);
    expect([seen.isUnbroken, seen.wayTo(delivering(seen))[0]]).toEqual([true, 'delivery: process delivery']);
  });
});

describe('what leaves the services', () => {
  /** As long as a title may be. */
  const aCanary = () => `canary-${randomUUID().slice(0, 18)}`;

  /** Everything that a person or program may say, and that is nobody's business. */
  async function say(canary: string, gateway: string): Promise<string> {
    const { id, headers } = aTrace();
    const about = { ...headers, 'user-agent': canary, 'idempotency-key': canary, baggage: `who=${canary}` };
    const answer = await call('POST', `${herald.service(gateway).url}/v1/feed/ai?note=${canary}`, {
      token: herald.token('unlimitedAccessToken'),
      body: aMessage({
        title: canary,
        body: canary,
        recipientLogin: canary,
        question: canary,
        metadata: { [canary]: canary },
      }),
      headers: about,
    });
    expect(answer.status).toBe(202);
    await call('GET', `${herald.service(gateway).url}/nowhere/${canary}`, {
      token: canary,
      headers: { 'user-agent': canary },
    });
    return id;
  }

  it('contains nothing that people wrote, no values of statements, and no credentials', async () => {
    const canary = aCanary();
    const id = await say(canary, 'gateway');
    const notification = await merchant.open({ context: { question: canary } });
    const answered = aTrace();
    await merchant.answer(notification, { answer: canary }, answered.headers);
    for (const name of ['deliver', canary]) {
      const broken = aTrace();
      const data = { correlationId: canary, companyId: herald.company.id, body: { [canary]: canary } };
      await put(data, broken.headers, name);
      const failed = await collector.trace(broken.id, (trace) => trace.find('delivery', 'process delivery'));
      expect(failed.find('delivery', 'process delivery')?.failed).toBe(true);
    }
    const [message, answer] = [await collector.trace(id, delivering), await collector.trace(answered.id, replying)];
    expect([delivering(message), answering(answer)]).not.toContain(undefined);
    const secrets = [merchant.token, herald.token('unlimitedAccessToken').split('_').at(-1)!, 'for-tests-only'];
    for (const secret of [canary, ...secrets]) expect(collector.text).not.toContain(secret);
  });

  it('would be noticed to hold it', async () => {
    await herald.startService('gateway', { preload: brokenBuild('any-service/tell-all') }, 'gossip');
    const canary = aCanary();
    await say(canary, 'gossip');
    await herald.service('gossip').stop();
    expect(collector.text).toContain(`note=${canary}`);
    expect(collector.text).toContain(`/nowhere/${canary}`);
  });
});

async function put(data: unknown, { traceparent }: { traceparent: string }, name = 'deliver'): Promise<void> {
  const producer = new Producer(herald, 'delivery');
  await producer.put(name, data, { telemetry: { metadata: JSON.stringify({ traceparent }) } });
  await producer.close();
}

describe('the log', () => {
  const lineOf = (service: string, words: string) =>
    eventually(() => {
      const line = herald
        .service(service)
        .log.split('\n')
        .find((text) => text.includes(words));
      return line && (JSON.parse(line) as Record<string, unknown>);
    });

  it('says of a job that fails which it is, and which trace it belongs to', async () => {
    const { id, headers } = aTrace();
    const correlationId = randomUUID();
    await put({ correlationId, companyId: herald.company.id, body: { unheard: 'of' } }, headers);
    const line = await lineOf('delivery', correlationId);
    expect(line).toMatchObject({
      msg: 'a job is given up',
      queue: 'delivery',
      job: 'deliver',
      attempt: 1,
      cause: 'broken',
    });
    expect(line).toMatchObject({ jobId: expect.any(String), trace_id: id, span_id: expect.stringMatching(/^\w{16}$/) });
    expect(herald.service('delivery').log).not.toContain('unheard');
  });

  it('says of a request that went wrong which it is, and which trace it belongs to', async () => {
    const { id, headers } = aTrace();
    const requestId = `request-${randomUUID()}`;
    // Nobody works on this queue here.
    const [notification, user] = [randomUUID(), randomUUID()];
    const answer = await call('PATCH', `${herald.url}/team-notifications/${notification}/users/${user}/status`, {
      token: herald.token('unlimitedApiKey'),
      body: { status: 'read' },
      headers: { ...headers, 'x-request-id': requestId },
    });
    expect(answer.status).toBe(504);
    const correlationId = answer.headers.get('x-correlation-id');
    expect(await lineOf('gateway', requestId)).toMatchObject({ level: 40, requestId, correlationId, trace_id: id });
  });
});

describe('tracing', () => {
  const loadedBy = async (name: string) => {
    await herald.service(name).stop();
    return /loaded (.*);/.exec(herald.service(name).log)?.[1]?.split(' ');
  };

  it('is off unless the environment asks for it: then nothing of it is loaded', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: '' };
    await herald.startService('gateway', { env, preload: preload('show-tracing') }, 'quiet');
    const { id, headers } = aTrace();
    const answer = await send(headers, {}, 'quiet');
    expect(answer.headers.get('traceparent')).toBe(headers.traceparent);
    await gone(answer.body.correlationId);
    expect(collector.spans.filter(({ traceId }) => traceId === id)).toEqual([]);
    // A dependency of Prometheus' client.
    expect(await loadedBy('quiet')).toEqual(['@opentelemetry/api']);
  });

  it('is off where it is switched off, whatever else is set', async () => {
    const env = { OTEL_SDK_DISABLED: 'true' };
    await herald.startService('gateway', { env, preload: preload('show-tracing') }, 'disabled');
    expect(await loadedBy('disabled')).toEqual(['@opentelemetry/api']);
  });

  it('would be noticed to be on', async () => {
    await herald.startService('gateway', { preload: preload('show-tracing') }, 'traced');
    expect(await loadedBy('traced')).toContain('@opentelemetry/sdk-trace-node');
  });

  it('does no harm when the collector is away, which is logged once', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_TIMEOUT: '200' };
    const lonely = await herald.startService('gateway', { env }, 'lonely');
    for (let count = 0; count < 3; count++) expect((await send({}, {}, 'lonely')).status).toBe(202);
    await eventually(() => lonely.log.includes('traces are lost'), 30_000);
    expect((await send({}, {}, 'lonely')).status).toBe(202);
    expect(await lonely.stop()).toBe(0);
    expect(lonely.log.match(/traces are lost/g)).toHaveLength(1);
  });

  it('is set by variables that are checked with the others', () => {
    const env = {
      OTEL_SDK_DISABLED: 'perhaps',
      OTEL_TRACES_EXPORTER: 'otlp,zipkin',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_TRACES_SAMPLER: 'sometimes',
      OTEL_TRACES_SAMPLER_ARG: '2',
    };
    const faults = () => settingsOf('delivery', { ...herald.envOf('delivery'), ...env });
    for (const name of Object.keys(env)) expect(faults).toThrow(name);
    expect(settingsOf('delivery', { ...herald.envOf('delivery'), ...collector.env })).toBeDefined();
  });
});
