import { readFileSync } from 'node:fs';

import type { Source } from '../kernel/index.js';
import type { ConfigFault } from './config-refusal.js';

/** What may stand in a file that NAME_FILE names, as Docker's secrets and systemd's credentials do. */
export const SECRETS_IN_FILES = [
  'APP_SECRET',
  'APP_SECRET_PREVIOUS',
  'API_KEYS',
  'ADMIN_PASSWORD',
  'SMS_WEBHOOK_SECRET',
  'DATABASE_URL',
  'REDIS_URL',
  'CHALLENGE_SECRET',
  'TWILIO_AUTH_TOKEN',
  'AWS_SNS_ACCESS_KEY_ID',
  'AWS_SNS_SECRET_ACCESS_KEY',
  'SMS_HTTP_HEADERS',
  'OTEL_EXPORTER_OTLP_HEADERS',
] as const;

export interface WithFiles {
  readonly source: Source;
  /** Every file that cannot be read, is empty, or is one too many. */
  readonly faults: readonly ConfigFault[];
}

/** `source` with what its files hold, without the blanks and the line break at their ends. Refuses nothing. */
export function readSecretFiles(source: Source): WithFiles {
  const faults: ConfigFault[] = [];
  const found: Record<string, string> = {};
  for (const name of SECRETS_IN_FILES) {
    const path = source[`${name}_FILE`];
    if (!path) continue;
    const refuse = (problem: string, mend: string) => faults.push({ name: `${name}_FILE`, problem, mend });
    if (source[name]) refuse(`names a file while ${name} is set, too.`, 'Leave one of the two.');
    try {
      const text = readFileSync(path, 'utf8').trim();
      if (text) found[name] = text;
      else refuse(`${path} is empty.`, `Write what ${name} would be into it.`);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      refuse(`${path} cannot be read (${code}).`, 'Name a file that is there and that the program may read.');
    }
  }
  return { source: { ...source, ...found }, faults };
}
