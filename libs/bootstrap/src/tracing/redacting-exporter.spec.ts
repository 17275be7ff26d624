import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { pino } from 'pino';
import { RedactingExporter } from './redacting-exporter.js';

const SECRET = 'OTP 493817';

/** Returns a span with the properties that an exporter reads. */
const aSpan = (kind: SpanKind, attributes: object, message = '') =>
  ({
    kind,
    attributes,
    events: [{ name: 'exception', attributes: { 'exception.message': SECRET } }],
    status: { code: SpanStatusCode.ERROR, message },
  }) as unknown as ReadableSpan;

function exported(span: ReadableSpan): ReadableSpan {
  const seen: ReadableSpan[] = [];
  const inner = { export: (spans: ReadableSpan[]) => void seen.push(...spans), shutdown: () => Promise.resolve() };
  new RedactingExporter(inner, pino({ level: 'silent' })).export([span], () => undefined);
  return seen[0] as ReadableSpan;
}

it('exports no client headers and no error texts', () => {
  const headers = { 'server.address': SECRET, 'server.port': 1, 'user_agent.original': SECRET, 'url.full': SECRET };
  const { attributes, events, status } = exported(
    aSpan(SpanKind.SERVER, { 'http.route': '/v1/feed', ...headers }, SECRET),
  );
  expect(attributes).toEqual({ 'http.route': '/v1/feed' });
  expect(JSON.stringify([events, status])).not.toContain(SECRET);
});

it('exports the server of a statement', () => {
  const { attributes } = exported(aSpan(SpanKind.CLIENT, { 'server.address': 'postgres' }));
  expect(attributes).toEqual({ 'server.address': 'postgres' });
});
