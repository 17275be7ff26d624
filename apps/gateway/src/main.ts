import { run, startService } from '@herald/bootstrap';
import { env } from './gateway.env.js';
import { GatewayModule } from './gateway.module.js';
import { createHttpAdapter, prepareHttp } from './server/http-server.js';

run(() => {
  const settings = env();
  return startService({
    name: 'gateway',
    module: GatewayModule.forRoot(settings),
    port: settings.PORT,
    settings,
    drainMs: settings.DRAIN_MS,
    adapter: createHttpAdapter(settings),
    configure: (app) => prepareHttp(app, settings),
  });
});
