import { secretFaults } from '../../config/index.js';
import type { Check } from '../check.js';
import { fault, ok, skipped, warning, type Said } from '../finding.js';
import { mendOf } from '../mends.js';
import type { Subject } from '../subject.js';

/** What the secrets' own lines tell. */
export const OF_SECRETS: ReadonlySet<string> = new Set([
  'APP_SECRET',
  'APP_SECRET_PREVIOUS',
  'API_KEYS',
  'ADMIN_PASSWORD',
  'SMS_WEBHOOK_SECRET',
]);

/** Every fault of the configuration, each once. @param envFile read, absent, or the code of why it cannot be read */
export function environmentCheck(subject: Subject, envFile: string): Check {
  const { config } = subject;
  return {
    group: 'environment',
    name: 'environment',
    run: () => {
      const faults = config.faults.filter(({ name }) => !OF_SECRETS.has(name));
      const { mode, modeReason } = config.setup;
      return [
        ok('NODE_ENV', config.env.server.NODE_ENV),
        envFile === 'read' || envFile === 'absent'
          ? ok('.env', envFile === 'read' ? 'read; what the process was given comes first' : 'none here')
          : fault('.env', `it cannot be read (${envFile})`, 'Make it a file that this user may read: chmod 600 .env'),
        ...faults.map(({ name, problem, mend }) => fault(name, bare(problem), mend)),
        ...(config.faults.length === 0 ? [ok('variables', 'all can be read')] : []),
        ...config.warnings.filter((each) => !/^APP_SECRET is shorter/.test(each)).map(fromWarning),
        modeOf(subject, mode, modeReason),
      ];
    },
  };
}

function modeOf({ isProduction, config }: Subject, mode: string, reason: string): Said {
  if (config.setup.faults.length > 0) return skipped('texts', 'see above');
  if (mode === 'live') return ok('texts', `leave by ${reason}`);
  const found = `${mode}: no text leaves, because ${reason}`;
  const mend =
    'Set the credentials of a provider, such as TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM_NUMBER.';
  if (!isProduction) return ok('texts', found);
  return reason.startsWith('SMS_PROVIDERS')
    ? warning('texts', found, 'Name providers in SMS_PROVIDERS, or unset it.')
    : fault('texts', found.split(';')[0]!, mend);
}

function fromWarning(text: string): Said {
  const [, name, rest] = /^([A-Z][A-Z0-9_]+(?:, [A-Z][A-Z0-9_]+)*) (.*)$/s.exec(text) ?? [];
  return warning(name ?? 'warning', rest ?? text, mendOf(text));
}

const bare = (problem: string) => problem.replace(/\.$/, '');

/** What makes, keeps and shows secrets; none of them is repeated. */
export function secretsCheck(subject: Subject): Check {
  const { config, isProduction } = subject;
  const { secrets } = config.env;
  return {
    group: 'secrets',
    name: 'secrets',
    run: () => {
      const weak = secretFaults(secrets);
      const line = (name: string, isSet: boolean, set: string, unset: string): Said[] => {
        const real = config.faults.filter((each) => each.name === name);
        if (real.length > 0) return real.map(({ problem, mend }) => fault(name, bare(problem), mend));
        const later = isSet ? weak.filter((each) => each.name === name) : [];
        if (later.length > 0) return later.map(({ problem, mend }) => warning(name, bare(problem), mend));
        return [ok(name, isSet ? set : unset)];
      };
      const { APP_SECRET, APP_SECRET_PREVIOUS, API_KEYS, ADMIN_PASSWORD, SMS_WEBHOOK_SECRET } = secrets;
      const keys = Array.isArray(API_KEYS) ? API_KEYS : [];
      return [
        ...line('APP_SECRET', Boolean(APP_SECRET), 'set', 'unset: made once in DATA_DIR, for development'),
        ...(APP_SECRET_PREVIOUS ? previous(line('APP_SECRET_PREVIOUS', true, '', '')) : []),
        ...line(
          'API_KEYS',
          keys.length > 0,
          `${keys.length} of ${keys.map((item) => String(item).split(':', 1)[0]).join(', ')}`,
          'unset: one key for development, shown at start',
        ),
        ...line(
          'ADMIN_PASSWORD',
          Boolean(ADMIN_PASSWORD),
          ADMIN_PASSWORD?.startsWith('$argon2id$')
            ? 'set, as a hash'
            : 'set, in clear; cli secret --password makes a hash of it',
          'unset: nobody signs in as an operator',
        ),
        ...line('SMS_WEBHOOK_SECRET', Boolean(SMS_WEBHOOK_SECRET), 'set', unsetReports(isProduction)),
      ];
    },
  };
}

const unsetReports = (_: boolean) =>
  'unset: SNS and HTTP gateways cannot report what became of texts; Twilio signs by its own token';

function previous(lines: Said[]): Said[] {
  if (lines.some(({ state }) => state !== 'ok')) return lines;
  return [
    warning(
      'APP_SECRET_PREVIOUS',
      'set: a change of the secret is under way',
      'Run npm run cli -- secret reencrypt, and unset it when that says so.',
    ),
  ];
}
