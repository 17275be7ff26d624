import { run, startService } from '@herald/bootstrap';
import { createHttpAdapter, prepareHttp } from './http-server.js';
import { env } from './ops.env.js';
import { OpsModule } from './ops.module.js';

run(() => {
  const settings = env();
  return startService({
    name: 'ops',
    module: OpsModule.forRoot(settings),
    port: settings.OPS_PORT,
    settings,
    adapter: createHttpAdapter(settings),
    configure: prepareHttp,
  });
});
