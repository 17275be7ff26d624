/**
 * The end-to-end suite through a Redis Cluster and PgBouncer, and what is particular to these; main.ts starts the servers and
 * runs this. Left out: what breaks a server of its own, and what asks neither server anything new.
 */
module.exports = {
  ...require('../../jest.config.cjs'),
  rootDir: '../../..',
  testMatch: [
    '<rootDir>/test/e2e/{agent-actions,delivery,idempotency,live,merchant-answers,queue}/*.spec.ts',
    '<rootDir>/test/integration/{agent-actions,queue}/*.spec.ts',
    '<rootDir>/test/e2e/doors/rate-limits.spec.ts',
    '<rootDir>/test/suites/cluster/*.cluster.ts',
  ],
  testPathIgnorePatterns: [
    '/faults\\.spec\\.ts$',
    ...(process.env['HERALD_TEST_WITHOUT_TLS'] ? ['/tls\\.cluster\\.ts$'] : []),
  ],
  globalSetup: undefined,
  globalTeardown: undefined,
};
