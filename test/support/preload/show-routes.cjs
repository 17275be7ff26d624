/** Prints each route of the gateway as Fastify registers it, one JSON line a method. */
require('node:diagnostics_channel').subscribe('fastify.initialization', ({ fastify }) => {
  fastify.addHook('onRoute', ({ method, url: pattern, config }) => {
    for (const each of [method].flat()) {
      process.stdout.write(`${JSON.stringify({ route: { method: each, pattern, access: config?.access } })}\n`);
    }
  });
});
