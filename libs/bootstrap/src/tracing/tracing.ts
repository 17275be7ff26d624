import type { IncomingMessage } from 'node:http';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  NodeTracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { pathOf } from '../request-target.js';
import { DiscreetExporter } from './discreet-exporter.js';
import { exportersOf, type TracingEnv } from './tracing.env.js';

/** Whoever watches over a service asks often, and of that there is nothing to see. */
const UNSEEN = /^\/(health|metrics)(\/|$)/;
/** How long a stop waits for a collector. */
const LAST_WORDS_MS = 1000;

// What nobody asked for (sweeping, feeding, polling, pings) has no parent, and is not seen.
registerInstrumentations({
  instrumentations: [
    new HttpInstrumentation({
      ignoreIncomingRequestHook: ({ url = '' }: IncomingMessage) => UNSEEN.test(pathOf(url)),
      disableOutgoingRequestInstrumentation: true,
    }),
    new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
    // By itself it would show a script's arguments, and with them the content of jobs.
    new IORedisInstrumentation({ requireParentSpan: true, dbStatementSerializer: (command) => command }),
  ],
});

let provider: NodeTracerProvider | undefined;

/** @public (loaded by patch.ts) From here on what happens is told to the exporters that the environment names. */
export function startTracing(service: string, env: TracingEnv, logger: Logger): void {
  provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': `herald-${service}` }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: exportersOf(env).map(
      (name) => new BatchSpanProcessor(new DiscreetExporter(exporterOf(name, env), logger)),
    ),
  });
  provider.register();
}

/** @public A request is known by its route and id. */
export function traceRoutes(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const { is404, method, routeOptions, id } = request;
    const span = trace.getActiveSpan()?.setAttribute('herald.request_id', id);
    if (!is404 && routeOptions.url) {
      span?.updateName(`${method} ${routeOptions.url}`).setAttribute('http.route', routeOptions.url);
    }
    done();
  });
  // A 5xx that is the client's mistake is none of ours.
  server.addHook('onSend', (request, _reply, _payload, done) => {
    if (request.mistaken) trace.getActiveSpan()?.setStatus({ code: SpanStatusCode.OK });
    done();
  });
}

/** @public Tells what was not told yet; whether a collector takes it must not hold up a stop. */
export async function stopTracing(): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS).unref());
  await Promise.race([provider?.shutdown().catch(() => undefined), late]);
}

function exporterOf(name: string, env: TracingEnv): SpanExporter {
  if (name === 'console') return new ConsoleSpanExporter();
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? env.OTEL_EXPORTER_OTLP_PROTOCOL;
  return protocol === 'http/json' ? new JsonExporter() : new ProtobufExporter();
}
