import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { env } from '../../../apps/gateway/src/gateway.env.js';
import { GatewayModule } from '../../../apps/gateway/src/gateway.module.js';
import { createHttpAdapter, prepareHttp } from '../../../apps/gateway/src/server/http-server.js';
import { Herald } from '../../support/herald.js';

/** Routes beside the API: the document itself and its page. */
const UNLISTED = [
  'GET /favicon.ico',
  'GET /favicon.svg',
  'GET /openapi.json',
  ...['', '/page.css', '/page.js', '/swagger-ui.css', '/swagger-ui-bundle.js'].map((asset) => `GET /docs${asset}`),
];
/** Registered past the controllers, to see that it is found. */
const BACK_DOOR = 'GET /back-door';

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: [] });
});
afterAll(() => herald?.stop());

/** Every route registered with the server, by any part of it, and its document. */
async function serve(): Promise<{ routes: string[]; document: any }> {
  Object.assign(process.env, herald.envOf('gateway'));
  const settings = env();
  const adapter = createHttpAdapter(settings);
  const routes: string[] = [];
  adapter.getInstance().addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push(`${each} ${url.replace(/:(\w+)/g, '{$1}')}`);
  });
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.forRoot(settings), adapter, {
    logger: false,
    bodyParser: false,
  });
  try {
    prepareHttp(app, settings);
    adapter.getInstance().get('/back-door', () => 'in');
    await app.init();
    const { body } = await app.inject({ url: '/openapi.json' });
    // Every GET is a HEAD too, and `*` stands for what has no route.
    return { routes: routes.filter((route) => !/^HEAD | \*$/.test(route)), document: JSON.parse(body) };
  } finally {
    await app.close();
  }
}

it('every route of the server is in the document, and the other way round; one that is not is found', async () => {
  const { routes, document } = await serve();
  const listed = Object.entries<any>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(routes.toSorted()).toEqual([...listed, ...UNLISTED, BACK_DOOR].toSorted());
});
