import { statSync } from 'node:fs';
import { setImmediate as otherWork } from 'node:timers/promises';

import { PRICES_FILE } from '../../config/index.js';
import { isCodeTemplate, lint, Pricing, Templates, type Linted, type PriceList } from '../../sms/index.js';
import { machineLineOf } from '../../verification/index.js';
import type { Check } from '../check.js';
import { fault, ok, skipped, warning, type Said } from '../finding.js';
import { isSound, type Subject } from '../subject.js';

const DAY_MS = 86_400_000;
const OLD_DAYS = 180;
/** Nobody texts to a few hundred countries knowingly. */
const MOST_NAMED = 8;

/** As `templates lint --files`: what the database says instead is not asked. */
export function templatesCheck(subject: Subject): Check {
  const { sms, verification } = subject.config.env;
  const name = 'templates';
  return {
    group: 'texts',
    name,
    timeoutMs: 60_000, // it waits for nobody: how long it takes is this machine's own
    run: async () => {
      if (
        !isSound(
          subject,
          'BRAND_NAME',
          'SMS_TEMPLATES_DIR',
          'VERIFICATION_CODE_LENGTH',
          'WEB_OTP_DOMAIN',
          'ANDROID_APP_HASH',
        )
      )
        return [skipped(name, 'see the environment')];
      const code = '1234567890'.slice(0, verification.VERIFICATION_CODE_LENGTH);
      const machineLine = machineLineOf(code, {
        webOtpDomain: verification.WEB_OTP_DOMAIN,
        androidAppHash: verification.ANDROID_APP_HASH,
      });
      const all: Linted[] = [];
      try {
        const templates = new Templates({
          brand: verification.BRAND_NAME,
          doNotShare: sms.SMS_DO_NOT_SHARE,
          smartEncoding: sms.SMS_SMART_ENCODING,
          folder: sms.SMS_TEMPLATES_DIR,
          watch: false,
        });
        const sample = { variables: { code }, ...(machineLine && { machineLine }) };
        for (const each of templates.names) {
          all.push(...lint(templates, new Pricing([]), sample, [each]));
          await otherWork(); // it takes a second in all, and other checks wait for answers
        }
      } catch (error) {
        const { message } = error as Error;
        return [fault(name, message.split('\n')[0]!, 'Correct the file in SMS_TEMPLATES_DIR, or unset it.')];
      }
      const wrong = all.filter(({ name: of, text, problems }) => !text || (isCodeTemplate(of) && problems.length > 0));
      const long = all.filter((each) => isCodeTemplate(each.name) && each.text && each.text.segments > 1);
      const names = (list: readonly Linted[]) =>
        list
          .slice(0, 3)
          .map((each) => `${each.name}/${each.locale}`)
          .join(', ');
      return [
        wrong.length > 0
          ? fault(name, `${wrong.length} of ${all.length} with a fault: ${names(wrong)}`, LOOK)
          : ok(name, `${all.length} texts can be written`),
        ...(long.length > 0
          ? [
              warning(
                name,
                `${long.length} of them with a code take more than one segment, each paid: ${names(long)}`,
                LOOK,
              ),
            ]
          : []),
      ];
    },
  };
}

const LOOK = 'npm run cli -- templates lint --files tells which, and why.';

/** Whether the prices that hold the day's budget are anybody's own. */
export function pricesCheck(subject: Subject): Check {
  const { prices, env, setup } = subject.config;
  const name = 'prices';
  return {
    group: 'texts',
    name,
    run: () => {
      if (!prices) return [skipped(name, 'see the environment')];
      const file = env.limits.PRICES_FILE;
      const days = Math.floor((Date.now() - statSync(file ?? PRICES_FILE).mtimeMs) / DAY_MS);
      const used = setup.usable.map(({ definition }) => definition.name);
      return [ageOf(name, file, days), ...used.flatMap((provider) => coverage(provider, prices, subject))];
    },
  };
}

function ageOf(name: string, file: string | undefined, days: number): Said {
  const mend = 'npm run cli -- prices import FILE.csv --out prices.own.json, and set PRICES_FILE to it: docs/spend.md';
  if (!file)
    return warning(
      name,
      'those that come along, which are rough guesses: the daily cap is only as good as they are',
      mend,
    );
  if (days > OLD_DAYS) return warning(name, `PRICES_FILE is ${days} days old`, mend);
  return ok(name, `PRICES_FILE, ${days} day(s) old`);
}

function coverage(provider: string, prices: PriceList, { config }: Subject): Said[] {
  const name = `prices of ${provider}`;
  const { countries, hasDefault } = prices.countriesOf(provider);
  const allowed = config.env.verification.ALLOWED_COUNTRIES?.map((country) => country.toUpperCase());
  const missing = (allowed ?? []).filter((country) => !countries.includes(country));
  const rest = hasDefault ? 'its default' : 'the worst case';
  if (missing.length > 0)
    return [
      warning(
        name,
        `none for ${missing.slice(0, MOST_NAMED).join(', ')}${missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more` : ''} of ALLOWED_COUNTRIES: ${rest} is reserved`,
        `Add them to "${provider}" in PRICES_FILE, in dollars a segment.`,
      ),
    ];
  if (countries.length === 0)
    return [
      warning(
        name,
        `none at all: ${rest} is reserved for every text`,
        `Add "${provider}": {"US": 0.0083} to PRICES_FILE.`,
      ),
    ];
  const found = `${countries.length} countries; ${rest} for others`;
  return [ok(name, allowed ? `all ${allowed.length} of ALLOWED_COUNTRIES` : found)];
}
