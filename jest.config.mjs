// Nest 12 is ESM, and jest on Node 20 cannot require() ESM, which CommonJS Nest plugins (@nestjs/throttler) do. So tests
// compile everything, node_modules included, to CommonJS with swc (cached): one module graph, no experimental flags.
const swc = (syntax) => ({
  swcrc: false,
  sourceMaps: 'inline',
  jsc: {
    target: 'es2022',
    parser: { syntax, decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
});

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testSequencer: '<rootDir>/test/setup/longest-first.mjs',
  setupFiles: ['<rootDir>/test/setup/quiet.ts'],
  testRegex: '\\.spec\\.ts$',
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1'] },
  transform: {
    '\\.ts$': ['@swc/jest', swc('typescript')],
    '\\.[cm]?js$': ['@swc/jest', swc('ecmascript')],
  },
  // Packages that are CommonJS already: left alone for speed.
  transformIgnorePatterns: [
    '/node_modules/(@aws-sdk|@smithy|twilio|libphonenumber-js|fastify|ajv|pino|rxjs|undici|pg|ioredis|@ioredis|playwright-core|axe-core)/',
  ],
  // The first suites of a fresh clone wait for everything to be compiled.
  testTimeout: 60_000,
};
