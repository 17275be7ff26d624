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

/** The API alone: while nobody started a tracer, all of this comes to nothing. */
const tracer = trace.getTracer('herald');

/** Whoever takes part in a step: a message or a request, and the trace that it belongs to. */
export interface Traced {
  /** The correlationId. */
  id?: string;
  /** W3C Trace Context. */
  traceparent?: string | null;
}

/** What is done, in the words of OpenTelemetry's conventions for messaging. */
export interface Step {
  name: string;
  kind: SpanKind;
  attributes?: Attributes;
}

/** Version, trace, parent and flags. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-((?!0{32})[\da-f]{32})-((?!0{16})[\da-f]{16})-([\da-f]{2})$/;

/** True for a `traceparent` that others can go on with. */
export const isTraceparent = (value: unknown): value is string => typeof value === 'string' && TRACEPARENT.test(value);

/** The span of what is under way; undefined while nothing is traced. */
export const spanHere = (): Span | undefined => trace.getActiveSpan();

/** The `traceparent` of a span, or of what is under way. */
export function traceparentHere(span = spanHere()): string | undefined {
  const { traceId, spanId, traceFlags } = span?.spanContext() ?? {};
  return traceId && `00-${traceId}-${spanId}-${(traceFlags ?? 0).toString(16).padStart(2, '0')}`;
}

/** Says of the request or job under way which message it is about. */
export function traceAbout(correlationId: string): void {
  spanHere()?.setAttribute(ONE, correlationId);
}

const ONE = 'herald.correlation_id';
const SEVERAL = 'herald.correlation_ids';

interface Group {
  traceparent?: string;
  ids: string[];
}

/**
 * Does `work` as a step of the traces of all who take part, which each of them stays unbroken by. The work itself is seen in
 * one of them: the first that is recorded. The others have a span for the same time, which links to it, and it to them.
 * @param under the end of one of the traces, where it goes on; of the others it is what they say themselves
 */
export async function step<T>(what: Step, traced: Traced[], work: () => Promise<T>, under?: string): Promise<T> {
  const [first = { ids: [] }, ...others] = groupsOf(traced);
  const seen = begin(what, first, under);
  const shares = others.filter(({ traceparent }) => traceparent).map((group) => begin(what, group, under));
  for (const share of shares) {
    share.addLink({ context: seen.spanContext() });
    seen.addLink({ context: share.spanContext() });
  }
  const spans = [seen, ...shares];
  try {
    return await context.with(trace.setSpan(context.active(), seen), work);
  } catch (error) {
    for (const span of spans) fail(span, error);
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}

/** Several who each have a span of their own do one work: it is seen in the first that is recorded, the others link to it. */
export function together<T>(several: readonly { span?: Span }[], work: () => T): T {
  const [seen, ...others] = several.flatMap(({ span }) => (span?.isRecording() ? span : []));
  if (!seen) return work();
  for (const span of others) span.addLink({ context: seen.spanContext() });
  return context.with(trace.setSpan(ROOT_CONTEXT, seen), work);
}

/** By trace; the first that is recorded comes first. */
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
  const goesOn = under && (!traceparent || traceOf(under) === traceOf(traceparent));
  const about: Attributes =
    ids.length > 1 ? { [SEVERAL]: ids, 'messaging.batch.message_count': ids.length } : ids[0] ? { [ONE]: ids[0] } : {};
  return tracer.startSpan(
    name,
    { kind, attributes: { ...attributes, ...about } },
    parentOf(goesOn ? under : traceparent),
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

/** What kind of fault, and not its words: those may quote what people wrote. */
export function kindOf(error: unknown): string {
  const { code, name } = Object(error) as { code?: unknown; name?: string };
  return typeof code === 'string' ? code : (name ?? 'error');
}

function fail(span: Span, error: unknown): void {
  span.setAttribute('error.type', kindOf(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The step that puts a job on a queue. */
export const sending = (queue: string, job: string): Step => ({
  name: `send ${queue}`,
  kind: SpanKind.PRODUCER,
  attributes: ofQueue(queue, job, 'send'),
});

/** The step that works a job off; the name of one that nobody knows may be what somebody wrote, and is left out. */
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
