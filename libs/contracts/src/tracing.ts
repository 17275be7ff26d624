import {
  type Attributes,
  context,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

/** Uses only the API of OpenTelemetry: without a started tracer, all calls do nothing. */
const tracer = trace.getTracer('herald');

/** A participant of a step: a message or a request, with its trace. */
export interface Traced {
  /** The correlationId. */
  id?: string;
  /** W3C Trace Context. */
  traceparent?: string | null;
}

/** An operation, described by OpenTelemetry's conventions for messaging. */
export interface Step {
  name: string;
  kind: SpanKind;
  attributes?: Attributes;
}

/** Version, trace, parent and flags. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-((?!0{32})[\da-f]{32})-((?!0{16})[\da-f]{16})-([\da-f]{2})$/;

/** Returns true for a valid `traceparent`. */
export const isTraceparent = (value: unknown): value is string => typeof value === 'string' && TRACEPARENT.test(value);

/** Returns the active span; undefined outside a trace. */
export const activeSpan = (): Span | undefined => trace.getActiveSpan();

/** Returns the `traceparent` of a span, by default of the active one. */
export function activeTraceparent(span = activeSpan()): string | undefined {
  const { traceId, spanId, traceFlags } = span?.spanContext() ?? {};
  return traceId && `00-${traceId}-${spanId}-${(traceFlags ?? 0).toString(16).padStart(2, '0')}`;
}

/** Adds the message's correlationId to the active span. */
export function traceMessage(correlationId: string): void {
  activeSpan()?.setAttribute(ONE, correlationId);
}

const ONE = 'herald.correlation_id';
const SEVERAL = 'herald.correlation_ids';

interface Group {
  traceparent?: string;
  ids: string[];
}

/**
 * Runs `work` as a step in the traces of all participants, so that no trace is interrupted. The work's own spans belong
 * to one trace, the first recorded one. Each other trace gets a span of the same duration; the spans link to each
 * other.
 * @param under `traceparent` that replaces the participant's own in the trace that it belongs to
 */
export async function step<T>(operation: Step, traced: Traced[], work: () => Promise<T>, under?: string): Promise<T> {
  const [first = { ids: [] }, ...others] = groupsOf(traced);
  const main = begin(operation, first, under);
  const linked = others.filter(({ traceparent }) => traceparent).map((group) => begin(operation, group, under));
  for (const span of linked) {
    span.addLink({ context: main.spanContext() });
    main.addLink({ context: span.spanContext() });
  }
  const spans = [main, ...linked];
  try {
    return await context.with(trace.setSpan(context.active(), main), work);
  } catch (error) {
    for (const span of spans) fail(span, error);
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}

/**
 * Runs `work` for several participants with spans of their own: in the first recorded span, to which the others link.
 */
export function together<T>(several: readonly { span?: Span }[], work: () => T): T {
  const [main, ...others] = several.flatMap(({ span }) => (span?.isRecording() ? span : []));
  if (!main) return work();
  for (const span of others) span.addLink({ context: main.spanContext() });
  return context.with(trace.setSpan(ROOT_CONTEXT, main), work);
}

/** Groups participants by trace; the first recorded trace comes first. */
function groupsOf(traced: Traced[]): Group[] {
  const groups = new Map<string | undefined, Group>();
  for (const { id, traceparent } of traced) {
    const known = isTraceparent(traceparent) ? traceparent : undefined;
    let group = groups.get(known);
    if (!group) groups.set(known, (group = { traceparent: known, ids: [] }));
    if (id) group.ids.push(id);
  }
  const all = [...groups.values()];
  const recorded = all.find(({ traceparent }) => isRecorded(traceparent));
  return recorded ? [recorded, ...all.filter((group) => group !== recorded)] : all;
}

function begin({ name, kind, attributes }: Step, { traceparent, ids }: Group, under: string | undefined): Span {
  const continues = under && (!traceparent || traceOf(under) === traceOf(traceparent));
  const about: Attributes =
    ids.length > 1 ? { [SEVERAL]: ids, 'messaging.batch.message_count': ids.length } : ids[0] ? { [ONE]: ids[0] } : {};
  return tracer.startSpan(
    name,
    { kind, attributes: { ...attributes, ...about } },
    parentOf(continues ? under : traceparent),
  );
}

function parentOf(traceparent: string | undefined): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId || !flags) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
}

const traceOf = (traceparent: string) => TRACEPARENT.exec(traceparent)?.[1];
const isRecorded = (traceparent = '') => Number.parseInt(traceparent.slice(-2), 16) % 2 === 1;

/** Returns the kind of an error without its text, which may quote content. */
export function kindOf(error: unknown): string {
  const { code, name } = Object(error) as { code?: unknown; name?: string };
  return typeof code === 'string' ? code : (name ?? 'error');
}

function fail(span: Span, error: unknown): void {
  span.setAttribute('error.type', kindOf(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The step that enqueues a job. */
export const sending = (queue: string, job: string): Step => ({
  name: `send ${queue}`,
  kind: SpanKind.PRODUCER,
  attributes: ofQueue(queue, job, 'send'),
});

/** The step that processes a job. Without a name for an unknown job, whose name may be a person's text. */
export const processing = (queue: string, job: string | undefined, attempt: number): Step => ({
  name: `process ${queue}`,
  kind: SpanKind.CONSUMER,
  attributes: { ...ofQueue(queue, job, 'process'), 'herald.attempt': attempt },
});

const ofQueue = (queue: string, job: string | undefined, operation: string): Attributes => ({
  'messaging.system': 'bullmq',
  'messaging.destination.name': queue,
  'messaging.operation.type': operation,
  'messaging.operation.name': operation,
  'herald.job': job,
});

/** A step within one process. */
export const within = (name: string): Step => ({ name, kind: SpanKind.INTERNAL });
