import {
  hasBalance,
  isClosable,
  ProviderError,
  tellsOfAccount,
  type AccountFact,
  type SmsProvider,
} from '../../sms/index.js';
import type { Check } from '../check.js';
import { fault, ok, skipped, warning, type Said } from '../finding.js';
import { isSound, type Subject } from '../subject.js';

/** A date header tells whole seconds. */
const DATE_EXACT_MS = 1_000;

/** One for each provider that could be used, also while nothing leaves: who has credentials wants to know. */
export function providerChecks(subject: Subject): readonly Check[] {
  const { setup, env } = subject.config;
  const used = new Set(setup.mode === 'live' ? setup.providers.map(({ definition }) => definition.name) : []);
  const context = {
    publicBaseUrl:
      isSound(subject, 'PUBLIC_BASE_URL') && env.server.PUBLIC_BASE_URL
        ? new URL(env.server.PUBLIC_BASE_URL).origin
        : undefined,
    webhookSecret: env.secrets.SMS_WEBHOOK_SECRET,
  };
  const checks = setup.usable.map(({ definition, env: variables }): Check => {
    const name = definition.name;
    return {
      group: 'providers',
      name,
      run: async (signal) => {
        const provider = definition.create(variables, context);
        try {
          const said = [
            ...(await accountOf(provider, subject, signal)),
            ...(await balanceOf(provider, subject, signal)),
          ];
          return used.has(name) ? said : said.map((each) => ({ ...each, found: `${each.found} (not in use)` }));
        } finally {
          if (isClosable(provider)) void provider.close().catch(() => undefined);
        }
      },
    };
  });
  if (checks.length > 0) return checks;
  const why = setup.faults.length > 0 ? 'none can be asked: see the environment' : `none to ask: ${setup.mode}`;
  return [{ group: 'providers', name: 'providers', run: () => [skipped('providers', why)] }];
}

async function accountOf(provider: SmsProvider, subject: Subject, signal: AbortSignal): Promise<Said[]> {
  if (!tellsOfAccount(provider)) return [skipped(provider.name, 'nothing can be asked of it')];
  const begun = Date.now();
  const { facts, at } = await provider.account(signal);
  const ours = new Date(begun + (Date.now() - begun) / 2);
  // The header is cut to whole seconds, so half a second late on average.
  if (at)
    subject.clocks.push({
      whose: provider.name,
      theirs: new Date(at.getTime() + DATE_EXACT_MS / 2),
      ours,
      exactToMs: DATE_EXACT_MS + (Date.now() - begun) / 2,
    });
  return facts.map((fact) => saidOf(provider.name, fact, subject));
}

/** What serves a trial alone is a fault where people wait for codes. */
function saidOf(provider: string, { about, state, found, mend = '', isTrial }: AccountFact, subject: Subject): Said {
  const name = `${provider} ${about}`;
  if (state === 'ok') return ok(name, found);
  return state === 'fault' || (isTrial && subject.isProduction) ? fault(name, found, mend) : warning(name, found, mend);
}

async function balanceOf(provider: SmsProvider, { config }: Subject, signal: AbortSignal): Promise<Said[]> {
  if (!hasBalance(provider)) return [];
  const name = `${provider.name} balance`;
  try {
    const { amount, currency } = await provider.balance(signal);
    const found = `${amount.toFixed(2)} ${currency}`;
    const mend = 'Top it up at the provider, and turn auto-recharge on.';
    if (amount <= 0) return [fault(name, `${found}: nothing is left`, mend)];
    const least = config.env.limits.SMS_LOW_BALANCE;
    if (amount < least) return [warning(name, `${found}, less than SMS_LOW_BALANCE (${least})`, mend)];
    return [ok(name, found)];
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const isSubaccount = /answered 404/.test(error.message);
    return [skipped(name, isSubaccount ? 'a subaccount, which has none of its own' : 'it does not tell')];
  }
}
