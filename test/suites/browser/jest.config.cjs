/** @type {import('jest').Config} */
module.exports = {
  ...require('../../jest.config.cjs'),
  rootDir: '../../..',
  testMatch: ['<rootDir>/test/suites/browser/*.spec.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 120_000,
};
