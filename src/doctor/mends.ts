/** What to do about the configuration's warnings, by how they begin. */
const MENDS: readonly (readonly [RegExp, string])[] = [
  [/are set to different values/, 'Unset all of them but one.'],
  [/^SMS_DAILY_COST_LIMIT is 0/, 'Set it to dollars a day, such as SMS_DAILY_COST_LIMIT=50, or unset it.'],
  [
    /^DATABASE_URL is unset/,
    'Set DATABASE_URL=postgresql://USER:PASSWORD@HOST:5432/sixdigit, where instances are to be several.',
  ],
  [/^DATABASE_URL leads/, 'Add ?sslmode=verify-full to it, and &sslrootcert=FILE where the authority is your own.'],
  [
    /^PUBLIC_BASE_URL is unset/,
    'Set it to where the internet finds this server: PUBLIC_BASE_URL=https://verify.example.com',
  ],
  [/^REDIS_URL leads/, 'Write it with rediss:// and the port that speaks TLS.'],
  [/that must be registered first/, 'Register them at the provider, or take them out: docs/senders.md.'],
  [/for countries that allow none/, 'Take those countries out of its sender ids: docs/senders.md.'],
];

export const mendOf = (warning: string): string =>
  MENDS.find(([begins]) => begins.test(warning))?.[1] ?? 'Look it up in .env.example.';
