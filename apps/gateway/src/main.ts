import { run, startService } from '@herald/bootstrap';
import { env } from './gateway.env.js';
import { GatewayModule } from './gateway.module.js';
import { createHttpAdapter, prepareHttp } from './http/http-server.js';

run(() => {
  const settings = env();
  const { PORT, HOST, LOG_LEVEL, SHUTDOWN_TIMEOUT_MS } = settings;
  return startService({
    name: 'gateway',
    module: GatewayModule,
    port: PORT,
    host: HOST,
    logLevel: LOG_LEVEL,
    shutdownTimeoutMs: SHUTDOWN_TIMEOUT_MS,
    adapter: createHttpAdapter(settings),
    configure: (app) => prepareHttp(app, settings),
  });
});
