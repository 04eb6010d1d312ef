import type { AccountFact } from '../../provider/account.js';
import { ProviderError } from '../../provider/provider-error.js';

export interface AskSns {
  /** GetSMSAttributes. @throws {ProviderError} */
  readonly attributes: () => Promise<Readonly<Record<string, string>>>;
  /** GetSMSSandboxAccountStatus. @throws {ProviderError} */
  readonly isInSandbox: () => Promise<boolean | undefined>;
}

/** Dollars a month that a new account has, https://docs.aws.amazon.com/sns/latest/dg/channels-sms-awssupport-spend-threshold.html. */
const FIRST_LIMIT = 1;
const RAISE = 'Ask for more: AWS console, Service Quotas, AWS End User Messaging SMS, account spend limit.';

/** What SNS tells for nothing of the account and the region that texts are sent from. */
export async function snsAccount(ask: AskSns): Promise<readonly AccountFact[]> {
  const [attributes, sandbox] = await Promise.allSettled([ask.attributes(), ask.isInSandbox()]);
  const denied = [attributes, sandbox].map((each) => (each.status === 'rejected' ? each.reason : undefined) as unknown);
  const broken = denied.find((error) => error !== undefined && !isPolicy(error));
  if (broken !== undefined) return [refusal(broken)];
  return [
    { about: 'account', state: 'ok', found: 'the credentials work' },
    ...(sandbox.status === 'rejected'
      ? [mayNot('sandbox', 'sns:GetSMSSandboxAccountStatus')]
      : [sandboxFact(sandbox.value)]),
    ...(attributes.status === 'rejected'
      ? [mayNot('spend limit', 'sns:GetSMSAttributes')]
      : [spendFact(attributes.value), typeFact(attributes.value)]),
  ];
}

const sandboxFact = (isInSandbox: boolean | undefined): AccountFact =>
  isInSandbox
    ? {
        about: 'sandbox',
        state: 'warning',
        isTrial: true,
        found: 'the account is in the SMS sandbox of this region: it texts only numbers that were verified there',
        mend: 'Leave it: AWS console, SNS, Text messaging (SMS), Exit SMS sandbox; mind the region.',
      }
    : { about: 'sandbox', state: 'ok', found: 'the account is out of it' };

function spendFact({ MonthlySpendLimit }: Readonly<Record<string, string>>): AccountFact {
  const limit = Number(MonthlySpendLimit ?? FIRST_LIMIT);
  const found = `$${limit.toFixed(2)} a month`;
  if (limit > FIRST_LIMIT) return { about: 'spend limit', state: 'ok', found };
  return {
    about: 'spend limit',
    state: 'warning',
    isTrial: true,
    found: `${found}, which a few dozen texts use up; SNS loses the rest without a word`,
    mend: MonthlySpendLimit === undefined ? `${RAISE} Then raise MonthlySpendLimit to it.` : RAISE,
  };
}

const typeFact = ({ DefaultSMSType = 'Promotional' }: Readonly<Record<string, string>>): AccountFact => ({
  about: 'message type',
  state: 'ok',
  found: `${DefaultSMSType} by default there; every text says its own (AWS_SNS_SMS_TYPE)`,
});

/** SNS let the credentials in, and their policy does not name this action. */
const isPolicy = (error: unknown): boolean =>
  error instanceof ProviderError &&
  ((error.cause as Error | undefined)?.name.startsWith('AuthorizationError') ?? false);

const mayNot = (about: string, action: string): AccountFact => ({
  about,
  state: 'warning',
  found: 'these credentials may not read it',
  mend: `Allow ${action} in their IAM policy, beside sns:Publish.`,
});

function refusal(error: unknown): AccountFact {
  if (!(error instanceof ProviderError)) throw error;
  const found = error.message.replace(/\.$/, '');
  if (error.fault === 'misconfigured')
    return {
      about: 'account',
      state: 'fault',
      found: `SNS refuses the credentials: ${found}`,
      mend: /ExpiredToken|RequestExpired/.test(found)
        ? 'Get new temporary keys, and set this machine by NTP.'
        : 'Make an access key in IAM and set AWS_SNS_ACCESS_KEY_ID, AWS_SNS_SECRET_ACCESS_KEY and AWS_SNS_REGION.',
    };
  return {
    about: 'account',
    state: 'fault',
    found,
    mend: 'Look whether this machine may reach sns.REGION.amazonaws.com over 443, at AWS_SNS_REGION, and at https://health.aws.amazon.com.',
  };
}
