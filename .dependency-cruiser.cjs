/** Who may import whom. Arrows point down; anything else is an error. */
const rooms = {
  kernel: [],
  prisma: ['kernel', 'generated'],
  http: ['kernel'],
  idempotency: ['kernel', 'prisma', 'http'],
  audit: ['kernel', 'prisma', 'http'],
  keys: ['kernel', 'prisma', 'http', 'audit'],
  admin: ['kernel', 'prisma', 'http', 'limits', 'audit'],
  redis: ['kernel'],
  sms: ['kernel', 'prisma'],
  limits: ['kernel', 'prisma', 'redis'],
  routing: ['kernel', 'prisma', 'http', 'audit', 'sms', 'metrics'],
  lookups: ['kernel', 'prisma', 'limits', 'sms'],
  fraud: ['kernel', 'prisma', 'http', 'audit', 'idempotency', 'limits', 'lookups', 'sms'],
  verification: ['kernel', 'prisma', 'http', 'idempotency', 'limits', 'lookups', 'fraud', 'sms'],
  experiments: ['kernel', 'prisma', 'http', 'audit', 'idempotency', 'sms', 'verification'],
  analytics: ['kernel', 'prisma', 'http'],
  auth: ['kernel', 'prisma', 'http', 'idempotency', 'limits', 'verification'],
  reports: ['kernel', 'http', 'sms', 'metrics'],
  messages: ['kernel', 'prisma', 'http', 'idempotency', 'limits', 'fraud', 'sms'],
  batches: ['kernel', 'prisma', 'http', 'idempotency', 'limits', 'fraud', 'sms', 'messages'],
  inbox: ['kernel', 'prisma', 'http', 'sms', 'messages'],
  templates: ['kernel', 'prisma', 'http', 'idempotency', 'audit', 'sms'],
  senders: ['kernel', 'prisma', 'http', 'idempotency', 'audit', 'sms'],
  webhooks: ['kernel', 'prisma', 'http', 'idempotency', 'audit'],
  privacy: ['kernel', 'prisma', 'http', 'idempotency', 'audit', 'metrics'],
  metrics: ['kernel', 'prisma', 'redis', 'http', 'sms', 'verification'],
  spend: ['kernel', 'prisma', 'http', 'sms', 'metrics'],
  health: ['kernel', 'prisma', 'redis', 'http', 'sms', 'verification'],
  tracing: ['kernel', 'prisma', 'http', 'sms'],
  config: ['kernel', 'sms', 'fraud', 'routing', 'tracing', 'verification'],
  console: [
    ...['kernel', 'prisma', 'http', 'idempotency', 'audit', 'limits', 'sms', 'fraud', 'spend', 'health', 'messages'],
    'verification',
  ],
  doctor: ['kernel', 'prisma', 'config', 'sms', 'verification'],
  pages: ['http'],
  cli: [
    ...['kernel', 'prisma', 'redis', 'config', 'http', 'sms', 'limits', 'verification', 'keys', 'admin', 'webhooks'],
    ...['privacy', 'spend', 'fraud', 'audit', 'templates', 'experiments', 'analytics', 'senders', 'lookups', 'batches'],
    ...['routing', 'console', 'doctor', 'messages'],
  ],
};

module.exports = {
  forbidden: [
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `${room}-imports-only-downward`,
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: '\\.spec\\.ts$' },
      // Commands may start the whole program, as main.ts does.
      to: {
        path: '^src/',
        pathNot: [`^src/(${[room, ...allowed].join('|')})/`, ...(room === 'cli' ? ['^src/[a-z.]+$'] : [])],
      },
    })),
    ...Object.keys(rooms).map((room) => ({
      name: `enter-${room}-through-its-index`,
      severity: 'error',
      // The worked example of docs/providers.md stands for a folder of src/sms/providers.
      from: { path: '^(src|test)/', pathNot: [`^src/${room}/`, '\\.spec\\.ts$', '^test/docs/acme/'] },
      // light.ts is what commands of the command line need of a room before they load it: names, the environment.
      to: { path: `^src/${room}/`, pathNot: `^src/${room}/(index|light)\\.ts$` },
    })),
    {
      name: 'commands-load-their-actions-when-they-run',
      severity: 'error',
      // `--help` waits for whatever is imported here.
      from: { path: '^src/cli/(commands/|api/(?!own-program)|main|program|examples|actions-in|usage-error)' },
      to: {
        path: '^src/',
        pathNot: [
          ...['^src/cli/(?!actions/|api/own-program)', '^src/kernel/', '^src/[a-z]+/light\\.ts$'],
          '^src/(explain|version)\\.ts$',
        ],
        dependencyTypesNot: ['type-only', 'dynamic-import'],
      },
    },
    {
      name: 'adapters-know-no-nest-and-no-prisma',
      severity: 'error',
      from: { path: '^src/sms/(provider|providers)/' },
      to: { path: '(@nestjs|@prisma|^src/prisma)' },
    },
    {
      name: 'kernel-is-pure',
      severity: 'error',
      from: { path: '^src/kernel/' },
      to: { path: '(@nestjs|@prisma|pg|undici)/' },
    },
    {
      name: 'fakes-know-nothing-of-src',
      severity: 'error',
      from: { path: '^test/support/fake' },
      to: { path: '^src/' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/generated' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
};
