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
import { RedactingExporter } from './redacting-exporter.js';
import { exportersOf, type TracingEnv } from './tracing.env.js';

/** Routes that monitoring polls often; they are not traced. */
const UNTRACED = /^\/(health|metrics)(\/|$)/;
/** Time that a stop waits for a collector. */
const FLUSH_TIMEOUT_MS = 1000;

// Background work (sweeping, feeding, polling, pings) has no parent span and is not traced.
registerInstrumentations({
  instrumentations: [
    new HttpInstrumentation({
      ignoreIncomingRequestHook: ({ url = '' }: IncomingMessage) => UNTRACED.test(pathOf(url)),
      disableOutgoingRequestInstrumentation: true,
    }),
    new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
    // The default serializer would show a script's arguments, and with them the content of jobs.
    new IORedisInstrumentation({ requireParentSpan: true, dbStatementSerializer: (command) => command }),
  ],
});

let provider: NodeTracerProvider | undefined;

/** @public (loaded by load-tracing.ts) Starts sending traces to the exporters that the environment names. */
export function startTracing(service: string, env: TracingEnv, logger: Logger): void {
  provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': `herald-${service}` }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: exportersOf(env).map(
      (name) => new BatchSpanProcessor(new RedactingExporter(exporterOf(name, env), logger)),
    ),
  });
  provider.register();
}

/** @public Names the span of each request after its route, and adds the request's id. */
export function traceRoutes(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const { is404, method, routeOptions, id } = request;
    const span = trace.getActiveSpan()?.setAttribute('herald.request_id', id);
    if (!is404 && routeOptions.url) {
      span?.updateName(`${method} ${routeOptions.url}`).setAttribute('http.route', routeOptions.url);
    }
    done();
  });
  // A 5xx that is the client's mistake is not an error of the service.
  server.addHook('onSend', (request, _reply, _payload, done) => {
    if (request.isClientMistake) trace.getActiveSpan()?.setStatus({ code: SpanStatusCode.OK });
    done();
  });
}

/** @public Sends the remaining spans; a slow collector must not delay the stop. */
export async function stopTracing(): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, FLUSH_TIMEOUT_MS).unref());
  await Promise.race([provider?.shutdown().catch(() => undefined), late]);
}

function exporterOf(name: string, env: TracingEnv): SpanExporter {
  if (name === 'console') return new ConsoleSpanExporter();
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? env.OTEL_EXPORTER_OTLP_PROTOCOL;
  return protocol === 'http/json' ? new JsonExporter() : new ProtobufExporter();
}
