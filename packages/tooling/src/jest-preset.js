/**
 * The jest settings of every package: TypeScript as ECMAScript modules through SWC, one test file
 * at a time (the files share two cores with the servers they start), and a run that fails when a
 * test leaves something open.
 *
 * @type {import('jest').Config}
 */
export const jestPreset = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{src,test}/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      import.meta.resolve('@swc/jest').replace('file://', ''),
      {
        jsc: {
          parser: { syntax: 'typescript' },
          target: 'es2024',
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  maxWorkers: 1,
  testTimeout: 30_000,
};

/**
 * The settings of a package whose tests need PostgreSQL and Redis: one of each for the run.
 *
 * @type {import('jest').Config}
 */
export const jestPresetWithServers = {
  ...jestPreset,
  globalSetup: '@nexmdm/testing/global-setup',
  globalTeardown: '@nexmdm/testing/global-teardown',
};
