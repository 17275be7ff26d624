import { trace } from '@opentelemetry/api';
import type { LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';
import { describeFault } from './fault-description.js';

/** Keys of logged objects, at any of three depths, whose values may be secret or personal. */
const SECRET = ['authorization', 'x-api-key', 'cookie', 'idempotency-key', 'password', 'secret', 'token', 'body'];

/** The trace that a line belongs to; empty outside a trace. */
function traceOfLine() {
  const { traceId, spanId } = trace.getActiveSpan()?.spanContext() ?? {};
  return traceId ? { trace_id: traceId, span_id: spanId } : {};
}

/** Creates a logger that writes JSON lines, or readable lines on a terminal, with secrets redacted. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    mixin: traceOfLine,
    serializers: { err: (error: unknown) => describeFault(error) },
    redact: {
      paths: SECRET.flatMap((key) => ['', '*', '*.*'].map((depth) => `${depth}["${key}"]`)),
      censor: '[redacted]',
    },
    transport: process.stdout.isTTY
      ? { target: 'pino-pretty', options: { ignore: 'pid,hostname,service', translateTime: 'HH:MM:ss' } }
      : undefined,
  });
}

/** A message with the other fields of its line: `requestId`, `correlationId`, an error as `err`, … */
type Facts = { message: string } & Record<string, unknown>;

/** Writes what is logged through Nest's logger to the service's log. An object is a message with fields. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.write('debug', message, { context });
  }

  warn(message: unknown, context?: string): void {
    this.write('warn', message, { context });
  }

  /** With a stack, the message is an error's, which may quote content; it is replaced. */
  error(message: unknown, stack?: string, context?: string): void {
    this.write('error', stack === undefined ? message : ERROR, { context });
  }

  fatal(message: unknown, context?: string): void {
    this.write('fatal', message, { context });
  }

  private write(level: 'debug' | 'warn' | 'error' | 'fatal', entry: unknown, context: object): void {
    const { message, ...facts } = factsOf(entry);
    this.logger[level]({ ...context, ...facts }, message);
  }
}

const ERROR = 'error';

function factsOf(entry: unknown): Facts {
  if (entry instanceof Error) return { message: ERROR, err: entry };
  return isFacts(entry) ? entry : { message: String(entry) };
}

const isFacts = (entry: unknown): entry is Facts => typeof entry === 'object' && entry !== null && 'message' in entry;
