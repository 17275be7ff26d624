import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { eventually } from './eventually.js';

export interface Seen {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: Record<string, unknown>;
  links: string[];
  failed: boolean;
}

interface Told {
  key: string;
  value: Record<string, unknown>;
}
interface Body {
  resourceSpans: {
    resource: { attributes: Told[] };
    scopeSpans: { spans: Record<string, any>[] }[];
  }[];
}

/** Makes services send everything immediately, as JSON. */
const SETTINGS = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_BSP_SCHEDULE_DELAY: '50' };

/** An OpenTelemetry collector that keeps what it is sent (OTLP over HTTP), from however many processes. */
export class Collector {
  readonly spans: Seen[] = [];
  /** As it came. */
  text = '';
  /** The spans of callers, who send none of theirs here: what has one as its parent begins a trace. */
  readonly callers = new Set<string>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Collector> {
    const server = createServer();
    const collector = new Collector(server);
    server.on('request', (request, response) => {
      void text(request).then((body) => {
        collector.take(body);
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return collector;
  }

  /** The settings of a service that sends its traces here. */
  get env(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    return { ...SETTINGS, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
  }

  /** The trace once `wanted` finds its span and all spans are connected, or as it is at the deadline. */
  async trace(traceId: string, wanted: (trace: Trace) => unknown, withinMs = 15_000): Promise<Trace> {
    const trace = () =>
      new Trace(
        this.spans.filter((span) => span.traceId === traceId),
        this.callers,
      );
    // Spans come in whichever order they end in; the outermost last.
    await eventually(() => trace().isUnbroken && wanted(trace()), withinMs).catch(() => undefined);
    return trace();
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private take(body: string): void {
    this.text += body;
    for (const { resource, scopeSpans } of (JSON.parse(body) as Body).resourceSpans) {
      const service = String(attributesOf(resource.attributes)['service.name']);
      for (const { traceId, spanId, parentSpanId, name, attributes, links, status } of scopeSpans.flatMap(
        ({ spans }) => spans,
      )) {
        this.spans.push({
          service,
          name,
          traceId,
          spanId,
          parentSpanId,
          attributes: attributesOf(attributes),
          links: (links as { traceId: string }[]).map((link) => link.traceId),
          failed: status.code === 2,
        });
      }
    }
  }
}

const attributesOf = (told: Told[]) =>
  Object.fromEntries(
    told.map(({ key, value: { intValue, ...value } }) => [
      key,
      intValue === undefined ? Object.values(value)[0] : Number(intValue),
    ]),
  );

/** All spans of one trace, from all services. */
export class Trace {
  constructor(
    readonly spans: Seen[],
    private readonly callers: Set<string>,
  ) {}

  /** From every span there is a way back to the one that a caller, or nothing, is before. */
  get isUnbroken(): boolean {
    const ids = new Set(this.spans.map(({ spanId }) => spanId));
    const first = this.spans.filter(({ parentSpanId }) => !ids.has(parentSpanId ?? ''));
    return first.length === 1 && first.every(({ parentSpanId }) => !parentSpanId || this.callers.has(parentSpanId));
  }

  find(service: string, name: string | RegExp): Seen | undefined {
    return this.spans.find(
      (span) =>
        span.service === `herald-${service}` && (typeof name === 'string' ? span.name === name : name.test(span.name)),
    );
  }

  /** A statement that a service ran, found by a part of its text. */
  statement(service: string, text: string): Seen | undefined {
    return this.spans.find(
      ({ service: by, attributes }) =>
        by === `herald-${service}` && String(attributes['db.query.text'] ?? attributes['db.statement']).includes(text),
    );
  }

  /** From the beginning to this span, as "service: name". */
  wayTo(span: Seen | undefined): string[] {
    if (!span) return [];
    const parent = this.spans.find(({ spanId }) => spanId === span.parentSpanId);
    return [...this.wayTo(parent), `${span.service.replace('herald-', '')}: ${span.name}`];
  }
}
