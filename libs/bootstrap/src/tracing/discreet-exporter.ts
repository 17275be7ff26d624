import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';

/** Who asked, from where, and what exactly: of an address the route is enough. */
const PERSONAL = new Set([
  'url.full',
  'url.path',
  'url.query',
  'client.address',
  'network.peer.address',
  'network.peer.port',
  'user_agent.original',
  // Of a fault, its kind; its words may quote rows and bodies.
  'exception.message',
  'exception.stacktrace',
]);

/** In a request that came in, these are headers of the client's. */
const CLAIMED = new Set(['server.address', 'server.port', 'http.request.method_original']);

const without = (attributes: Attributes = {}, kind?: SpanKind): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).filter(([key]) => !PERSONAL.has(key) && !(kind === SpanKind.SERVER && CLAIMED.has(key))),
  );

/** The span as it may leave the service. */
const discreet = (span: ReadableSpan): ReadableSpan =>
  Object.create(span, {
    attributes: { value: without(span.attributes, span.kind) },
    events: { value: span.events.map((event) => ({ ...event, attributes: without(event.attributes) })) },
    status: { value: { code: span.status.code } },
  }) as ReadableSpan;

type Export = SpanExporter['export'];

/** Keeps personal data and secrets out of traces, and tells of a collector that is away once, not with every batch. */
export class DiscreetExporter implements SpanExporter {
  private failing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly logger: Logger,
  ) {}

  export(spans: Parameters<Export>[0], done: Parameters<Export>[1]): void {
    this.exporter.export(spans.map(discreet), (result) => {
      const failed = result.code !== 0;
      if (failed && !this.failing) this.logger.warn({ err: result.error }, 'traces are lost');
      if (!failed && this.failing) this.logger.info('traces arrive again');
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
