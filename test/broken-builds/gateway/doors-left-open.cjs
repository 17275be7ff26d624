/** A route that is open though nobody meant it, one that nobody said anything of, and one whose decorator was forgotten. */
require('../../support/preload/show-routes.cjs');

require('node:diagnostics_channel').subscribe('fastify.initialization', ({ fastify }) => {
  fastify.addHook('onRoute', (route) => {
    if (route.url === '/v1/messages/:correlationId') route.config = {};
  });
  fastify.get('/left-open', { config: { open: true } }, () => ({ secret: 42 }));
  fastify.get('/left-alone', () => ({ secret: 42 }));
});
