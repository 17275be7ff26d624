import type { LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';

/** Keys under which something secret or personal may stand, wherever a logged object holds them. */
const SECRET = ['authorization', 'x-api-key', 'cookie', 'idempotency-key', 'password', 'secret', 'token', 'body'];

/** What went wrong and where. Whatever else an error carries may quote rows, bodies and settings: Postgres's `detail` does. */
function tell(error: Error) {
  const { type, message, stack } = pino.stdSerializers.err(error);
  return { type, message, stack, code: (error as NodeJS.ErrnoException).code };
}

/** JSON lines, or readable ones on a terminal. Secrets are cut out. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    serializers: { err: tell },
    redact: {
      paths: SECRET.flatMap((key) => ['', '*', '*.*'].map((depth) => `${depth}["${key}"]`)),
      censor: '[redacted]',
    },
    transport: process.stdout.isTTY
      ? { target: 'pino-pretty', options: { ignore: 'pid,hostname,service', translateTime: 'HH:MM:ss' } }
      : undefined,
  });
}

/** Nest's own lines, in the service's log. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }

  error(message: unknown, stack?: string, context?: string): void {
    this.logger.error({ context, stack }, message instanceof Error ? message.message : String(message));
  }

  fatal(message: unknown, context?: string): void {
    this.logger.fatal({ context }, String(message));
  }
}
