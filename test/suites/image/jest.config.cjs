/** `npm run test:image`: builds the image and runs it. Slow, and in need of a container engine; so it is no part of `npm test`. */
module.exports = {
  ...require('../../jest.config.cjs'),
  rootDir: '../../..',
  testMatch: ['<rootDir>/test/suites/image/*.image.ts'],
  testTimeout: 90_000,
};
