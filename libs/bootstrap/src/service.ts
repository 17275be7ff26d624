import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { limitConnections, PRIVATE_CONNECTIONS, PRIVATE_SERVER } from './connections.js';
import { Drain } from './drain.js';
import { BadEnvironment, type ServiceEnv } from './env.js';
import { createLogger, NestLogger } from './logger.js';
import { describeFault, faultLine } from './fault-description.js';
import { measureHttp } from './metrics/http-metrics.js';
import { serveMetrics } from './metrics/metrics-server.js';
import { tracing } from './tracing/load-tracing.js';
import type { TracingEnv } from './tracing/tracing.env.js';

interface ServiceOptions {
  name: string;
  module: unknown;
  port: number;
  settings: Pick<z.output<typeof ServiceEnv>, 'LOG_LEVEL' | 'HOST' | 'METRICS_PORT' | 'SHUTDOWN_TIMEOUT_MS'> &
    TracingEnv;
  adapter?: FastifyAdapter;
  /** Called before the service opens its port. */
  configure?: (app: NestFastifyApplication, logger: Logger) => Promise<void> | void;
  /** Time for which a stopping service continues to serve requests. */
  drainMs?: number;
  /** The queue transport of a worker. */
  strategy?: Type<CustomTransportStrategy>;
}

/** Starts a service, logs its URLs, and stops it in order and in time on SIGTERM or SIGINT. */
export async function startService(options: ServiceOptions): Promise<INestApplication> {
  const { LOG_LEVEL, HOST, METRICS_PORT, SHUTDOWN_TIMEOUT_MS } = options.settings;
  const logger = createLogger(options.name, LOG_LEVEL);
  exitOnFaults(logger);
  tracing?.startTracing(options.name, options.settings, logger);
  const app = await NestFactory.create<NestFastifyApplication>(
    options.module as Type,
    options.adapter ?? healthAdapter(),
    { logger: new NestLogger(logger), bodyParser: false, abortOnError: false },
  );
  app.get(Drain, { strict: false }).closeConnectionsOf(app.getHttpAdapter().getInstance());
  measureHttp(app.getHttpAdapter().getInstance());
  tracing?.traceRoutes(app.getHttpAdapter().getInstance());
  await options.configure?.(app, logger);
  stopOnSignal(app, logger, { drainMs: options.drainMs ?? 0, timeoutMs: SHUTDOWN_TIMEOUT_MS });
  if (options.strategy) {
    app.connectMicroservice({ strategy: app.get(options.strategy) });
    await app.startAllMicroservices();
  }
  const metrics = await serveMetrics(METRICS_PORT, HOST);
  await app.listen(options.port, HOST);
  logger.info({ url: await app.getUrl(), metrics }, `${options.name} is up`);
  return app;
}

/** The only server of a worker; it serves the health routes. */
function healthAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter({ ...PRIVATE_SERVER, forceCloseConnections: 'idle' });
  limitConnections(adapter.getInstance().server, PRIVATE_CONNECTIONS);
  return adapter;
}

/** Runs a service's main function. If the service cannot start, prints the reason and exits with 1. */
export function run(main: () => Promise<unknown>): void {
  // Settings are read synchronously in `main`; an error there must be caught too.
  void Promise.resolve()
    .then(main)
    .catch((error: unknown) => {
      const { stack = '' } = describeFault(error);
      const text = error instanceof BadEnvironment ? error.message : `${faultLine(error)}\n${stack}`;
      process.stderr.write(`${text}\n`);
      process.exit(1);
    });
}

/** On a signal: drain, take no more work, finish, close. Other processes or the next start do what is unfinished. */
function stopOnSignal(
  app: INestApplication,
  logger: Logger,
  { drainMs, timeoutMs }: { drainMs: number; timeoutMs: number },
): void {
  const stop = (signal: string) => {
    logger.info(`${signal}: stopping`);
    setTimeout(
      () => {
        logger.warn('stopped with unfinished work');
        process.exit(1);
      },
      drainMs + timeoutMs + 2000,
    ).unref();
    close(app, drainMs).then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

async function close(app: INestApplication, drainMs: number): Promise<void> {
  try {
    await app.get(Drain, { strict: false }).run(drainMs);
    await app.close();
  } finally {
    await tracing?.stopTracing();
  }
}

function exitOnFaults(logger: Logger): void {
  const exit = (error: unknown) => {
    logger.fatal({ err: error }, 'unhandled error');
    process.exit(1);
  };
  process.on('uncaughtException', exit);
  process.on('unhandledRejection', exit);
}
