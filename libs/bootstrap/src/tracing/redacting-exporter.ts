import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';

/** Attributes that identify a person or show content. The route stands for the URL. */
const PERSONAL = new Set([
  'url.full',
  'url.path',
  'url.query',
  'client.address',
  'network.peer.address',
  'network.peer.port',
  'user_agent.original',
  // The kind of an error is kept; its text may quote rows and bodies.
  'exception.message',
  'exception.stacktrace',
]);

/** Attributes that come from the client's headers on incoming requests. */
const FROM_HEADERS = new Set(['server.address', 'server.port', 'http.request.method_original']);

const without = (attributes: Attributes = {}, kind?: SpanKind): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).filter(
      ([key]) => !PERSONAL.has(key) && !(kind === SpanKind.SERVER && FROM_HEADERS.has(key)),
    ),
  );

/** Returns the span without private attributes. */
const redacted = (span: ReadableSpan): ReadableSpan =>
  Object.create(span, {
    attributes: { value: without(span.attributes, span.kind) },
    events: { value: span.events.map((event) => ({ ...event, attributes: without(event.attributes) })) },
    status: { value: { code: span.status.code } },
  }) as ReadableSpan;

type Export = SpanExporter['export'];

/** Keeps personal data and secrets out of traces. Logs an outage of the collector once instead of with every batch. */
export class RedactingExporter implements SpanExporter {
  private failing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly logger: Logger,
  ) {}

  export(spans: Parameters<Export>[0], done: Parameters<Export>[1]): void {
    this.exporter.export(spans.map(redacted), (result) => {
      const failed = result.code !== 0;
      if (failed && !this.failing) this.logger.warn({ err: result.error }, 'traces are lost');
      if (!failed && this.failing) this.logger.info('traces are exported again');
      this.failing = failed;
      done(result);
    });
  }

  forceFlush(): Promise<void> {
    return this.exporter.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }
}
