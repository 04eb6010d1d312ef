import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { examine, examineSource } from '../config/index.js';
import type { Source } from '../kernel/index.js';
import { findingsOf, type Check } from './check.js';
import { clockFindings } from './checks/clock.js';
import { embeddedCheck } from './checks/embedded.js';
import { environmentCheck, secretsCheck } from './checks/environment.js';
import { addressCheck, postureCheck } from './checks/network.js';
import { postgresCheck } from './checks/postgres.js';
import { productionFindings } from './checks/production.js';
import { programCheck } from './checks/program.js';
import { providerChecks } from './checks/providers.js';
import { redisCheck } from './checks/redis.js';
import { pricesCheck, templatesCheck } from './checks/texts.js';
import { GROUPS, skipped, type Finding, type FindingState } from './finding.js';
import { redactor } from './redact.js';
import { isSound, type Subject } from './subject.js';

export interface Diagnosis {
  readonly version: string;
  /** In the order of {@link GROUPS}. */
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<FindingState, number>>;
  /** NODE_ENV is production, nothing is wrong, and texts leave. */
  readonly isReady: boolean;
  /** One sentence. */
  readonly verdict: string;
  readonly tookMs: number;
}

/** Looks at everything at once, each within seconds, and refuses nothing. Sends nothing and changes nothing. */
export async function diagnose(version: string, folder = process.cwd(), own: Source = process.env): Promise<Diagnosis> {
  const begun = performance.now();
  const { source, envFile, faults } = read(folder, own);
  const examined = examine(source);
  const config = { ...examined, faults: [...faults, ...examined.faults] };
  const isProduction = config.env.server.NODE_ENV === 'production';
  const subject: Subject = { source, config, isProduction, clocks: [] };
  const checks = [
    programCheck(version),
    environmentCheck(subject, envFile),
    secretsCheck(subject),
    ...storageChecks(subject),
    ...providerChecks(subject),
    addressCheck(subject),
    postureCheck(subject),
    templatesCheck(subject),
    pricesCheck(subject),
  ];
  const looked = (await Promise.all(checks.map((check) => findingsOf(check)))).flat();
  const clocks = clockFindings(subject.clocks).map((said) => ({ group: 'clock', ...said }) as const);
  const all = [...looked, ...clocks, ...productionFindings(subject, looked)];
  const clean = redactor(source);
  const findings = GROUPS.flatMap((group) => all.filter((finding) => finding.group === group)).map(
    ({ found, mend, name, ...rest }) => ({
      ...rest,
      name: clean(name),
      found: clean(found),
      ...(mend && { mend: clean(mend) }),
    }),
  );
  const counts = countsOf(findings);
  const isReady = isProduction && counts.fault === 0 && config.setup.mode === 'live';
  const tookMs = Math.round(performance.now() - begun);
  return { version, findings, counts, isReady, verdict: verdictOf(subject, counts, isReady), tookMs };
}

/** A file that cannot be read is one more fault. */
function read(folder: string, own: Source): ReturnType<typeof examineSource> & { readonly envFile: string } {
  const file = join(folder, '.env');
  try {
    if (existsSync(file)) readFileSync(file);
    return { ...examineSource(folder, own), envFile: existsSync(file) ? 'read' : 'absent' };
  } catch (error) {
    return { source: own, faults: [], envFile: (error as { code?: string }).code ?? 'unknown' };
  }
}

function storageChecks(subject: Subject): readonly Check[] {
  const { storage } = subject.config.env;
  const unsound = (name: string): Check => ({
    group: 'storage',
    name,
    run: () => [skipped(name, 'see the environment')],
  });
  const database = !isSound(subject, 'DATABASE_URL', 'DATABASE_MAX_CONNECTIONS', 'DATA_DIR')
    ? unsound('database')
    : storage.DATABASE_URL
      ? postgresCheck(subject, storage.DATABASE_URL, storage.DATABASE_MAX_CONNECTIONS)
      : embeddedCheck(storage.DATA_DIR);
  const none: Check = {
    group: 'storage',
    name: 'redis',
    run: () => [skipped('redis', 'REDIS_URL is unset: limits live in the database')],
  };
  const redis = !isSound(subject, 'REDIS_URL')
    ? unsound('redis')
    : storage.REDIS_URL
      ? redisCheck(storage.REDIS_URL)
      : none;
  return [database, redis];
}

function countsOf(findings: readonly Finding[]): Diagnosis['counts'] {
  const counts = { ok: 0, warning: 0, fault: 0, skipped: 0 };
  for (const { state } of findings) counts[state]++;
  return counts;
}

export const several = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

function verdictOf(
  { isProduction, config }: Subject,
  { fault, warning }: Diagnosis['counts'],
  isReady: boolean,
): string {
  const warnings = warning > 0 ? `, with ${several(warning, 'warning')}` : '';
  if (isReady) return `Ready for production${warnings}.`;
  if (fault > 0)
    return `Not ready: ${several(fault, 'fault')}${warning > 0 ? `, ${several(warning, 'warning')}` : ''}.`;
  if (isProduction) return `Not ready: no text leaves${warnings}.`;
  return `Fit for ${config.env.server.NODE_ENV}${warnings}; not production, as NODE_ENV says.`;
}
