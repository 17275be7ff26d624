import { trace } from '@opentelemetry/api';
import type { LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';
import { toldOf } from './told-fault.js';

/** Keys under which something secret or personal may stand, wherever a logged object holds them. */
const SECRET = ['authorization', 'x-api-key', 'cookie', 'idempotency-key', 'password', 'secret', 'token', 'body'];

/** Which trace a line belongs to; nothing while nothing is traced. */
function traceOfLine() {
  const { traceId, spanId } = trace.getActiveSpan()?.spanContext() ?? {};
  return traceId ? { trace_id: traceId, span_id: spanId } : {};
}

/** JSON lines, or readable ones on a terminal. Secrets are cut out. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    mixin: traceOfLine,
    serializers: { err: (error: unknown) => toldOf(error) },
    redact: {
      paths: SECRET.flatMap((key) => ['', '*', '*.*'].map((depth) => `${depth}["${key}"]`)),
      censor: '[redacted]',
    },
    transport: process.stdout.isTTY
      ? { target: 'pino-pretty', options: { ignore: 'pid,hostname,service', translateTime: 'HH:MM:ss' } }
      : undefined,
  });
}

/** What a line says besides its words: `requestId`, `correlationId`, an error as `err`, … */
type Facts = { message: string } & Record<string, unknown>;

/** Lines of Nest and of those who log by its logger, in the service's log. An object is a message with facts. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.write('debug', message, { context });
  }

  warn(message: unknown, context?: string): void {
    this.write('warn', message, { context });
  }

  /** With a stack, the message is that of an error which Nest met. */
  error(message: unknown, stack?: string, context?: string): void {
    this.write('error', stack === undefined ? message : FAULT, { context });
  }

  fatal(message: unknown, context?: string): void {
    this.write('fatal', message, { context });
  }

  private write(level: 'debug' | 'warn' | 'error' | 'fatal', said: unknown, about: object): void {
    const { message, ...facts } = factsOf(said);
    this.logger[level]({ ...about, ...facts }, message);
  }
}

const FAULT = 'a fault';

function factsOf(said: unknown): Facts {
  if (said instanceof Error) return { message: FAULT, err: said };
  return isFacts(said) ? said : { message: String(said) };
}

const isFacts = (said: unknown): said is Facts => typeof said === 'object' && said !== null && 'message' in said;
