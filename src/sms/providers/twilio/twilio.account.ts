import type { AccountFact, AccountReport } from '../../provider/account.js';
import { ProviderError } from '../../provider/provider-error.js';
import type { TwilioOptions } from './twilio.options.js';

type Fields = Readonly<Record<string, unknown>>;
export interface TwilioAnswer {
  readonly fields: Fields;
  readonly at?: Date;
}
/** @throws {ProviderError} */
export type AskTwilio = (url: string) => Promise<TwilioAnswer>;

type Asked = Pick<TwilioOptions, 'sender' | 'voice' | 'pool' | 'publicBaseUrl'> & {
  /** Of the account, without `.json`. */
  readonly account: string;
  /** Of the Messaging API, which has a host of its own. */
  readonly messaging: string;
};

const CONSOLE = 'https://console.twilio.com';
const NUMBER = /^\+\d+$/;
const SHORT_CODE = /^\d+$/;
const masked = (sender: string) => (NUMBER.test(sender) ? `+******${sender.slice(-4)}` : sender);
const sizeOf = (list: unknown) => (Array.isArray(list) ? list.length : 0);

/**
 * What Twilio tells for nothing: https://www.twilio.com/docs/iam/api/account, IncomingPhoneNumbers, ShortCodes, and
 * https://www.twilio.com/docs/messaging/api/service-resource.
 */
export async function twilioAccount(ask: AskTwilio, asked: Asked): Promise<AccountReport> {
  let answer: TwilioAnswer;
  try {
    answer = await ask(`${asked.account}.json`);
  } catch (error) {
    return { facts: [refusal('account', error)] };
  }
  const { at } = answer;
  const account = accountFact(answer.fields);
  if (account.state === 'fault') return { facts: [account], at };
  const of = (about: string, work: () => Promise<AccountFact | readonly AccountFact[]>) =>
    work().catch((error: unknown) => refusal(about, error));
  const own = [...new Set((asked.pool?.senders ?? []).map(({ id }) => id))];
  const service = 'messagingServiceSid' in asked.sender ? asked.sender.messagingServiceSid : undefined;
  const facts = await Promise.all([
    ...(service ? [of('messaging service', () => serviceFacts(ask, asked, service))] : []),
    ...own.map((sender) => of(`sender ${masked(sender)}`, () => senderFacts(ask, asked, sender))),
    ...(asked.voice ? [of('caller', () => callerFact(ask, asked, asked.voice!.from))] : []),
  ]);
  return { facts: [account, ...facts.flat()], at };
}

function accountFact({ status, type }: Fields): AccountFact {
  const about = 'account';
  if (status === 'suspended' || status === 'closed')
    return {
      about,
      state: 'fault',
      found: `the account is ${status}: Twilio takes no text`,
      mend: `Open ${CONSOLE}, which says why: most often the balance; else ask Twilio's support.`,
    };
  if (status !== 'active')
    return {
      about,
      state: 'fault',
      found: 'Twilio answered with something else than an account',
      mend: 'Unset TWILIO_BASE_URL, or correct it.',
    };
  if (type === 'Trial')
    return {
      about,
      state: 'warning',
      isTrial: true,
      found: 'active, a trial: it texts only numbers that were verified in the console',
      mend: `Upgrade the account at ${CONSOLE}.`,
    };
  return { about, state: 'ok', found: 'active, the credentials work' };
}

async function senderFacts(ask: AskTwilio, asked: Asked, sender: string): Promise<AccountFact | AccountFact[]> {
  const about = `sender ${masked(sender)}`;
  if (SHORT_CODE.test(sender)) {
    const { fields } = await ask(`${asked.account}/SMS/ShortCodes.json?ShortCode=${sender}`);
    return sizeOf(fields['short_codes']) > 0 ? { about, state: 'ok', found: 'a short code of ours' } : notOurs(about);
  }
  if (!NUMBER.test(sender))
    return { about, state: 'ok', found: 'a sender id of letters, of which Twilio keeps no list: docs/senders.md' };
  const number = await numberOf(ask, asked, sender);
  if (!number) return notOurs(about);
  const { sms } = Object(number['capabilities']) as Fields;
  if (sms !== true)
    return {
      about,
      state: 'fault',
      found: 'ours, but it cannot send texts',
      mend: `Take a number with the capability SMS: ${CONSOLE}, Phone Numbers.`,
    };
  return [{ about, state: 'ok', found: 'ours, sends texts' }, ...hearing(about, asked, number['sms_url'])];
}

async function serviceFacts(ask: AskTwilio, asked: Asked, sid: string): Promise<AccountFact[]> {
  const about = 'messaging service';
  const url = `${asked.messaging}/v1/Services/${sid}`;
  const { fields: service } = await ask(url);
  const [numbers, codes, names] = await Promise.all(
    [
      ['PhoneNumbers', 'phone_numbers'],
      ['ShortCodes', 'short_codes'],
      ['AlphaSenders', 'alpha_senders'],
    ].map(async ([path, list]) => {
      const found = (await ask(`${url}/${path}?PageSize=50`)).fields[list!];
      return (Array.isArray(found) ? found : []) as readonly Fields[];
    }),
  );
  const count = numbers!.length + codes!.length + names!.length;
  if (count === 0)
    return [
      {
        about,
        state: 'fault',
        found: 'it is there, but has no senders',
        mend: `Put a number into its Sender Pool: ${CONSOLE}, Messaging, Services.`,
      },
    ];
  const isUnregistered =
    service['us_app_to_person_registered'] === false && numbers!.some(({ country_code }) => country_code === 'US');
  const ownHook = service['use_inbound_webhook_on_number'] === true;
  return [
    { about, state: 'ok', found: `it is there, with ${count >= 50 ? 'at least ' : ''}${count} sender(s)` },
    ...(isUnregistered
      ? [
          {
            about: `${about}, US`,
            state: 'warning' as const,
            found: 'no campaign is registered (A2P 10DLC): US carriers block texts of its long codes',
            mend: `Register a campaign for it: ${CONSOLE}, Messaging, Regulatory Compliance.`,
          },
        ]
      : []),
    ...(ownHook ? [] : hearing(about, asked, service['inbound_request_url'])),
  ];
}

async function callerFact(ask: AskTwilio, asked: Asked, from: string): Promise<AccountFact> {
  const about = `caller ${masked(from)}`;
  const { voice } = Object((await numberOf(ask, asked, from))?.['capabilities']) as Fields;
  if (voice === true) return { about, state: 'ok', found: 'ours, may call' };
  return {
    about,
    state: 'warning',
    found: 'not among our numbers that may call',
    mend: 'Correct TWILIO_VOICE_FROM; a verified caller id is fine, too, and not looked for here.',
  };
}

async function numberOf(ask: AskTwilio, { account }: Asked, number: string): Promise<Fields | undefined> {
  const { fields } = await ask(`${account}/IncomingPhoneNumbers.json?PhoneNumber=${encodeURIComponent(number)}`);
  const list: unknown = fields['incoming_phone_numbers'];
  // The filter also finds numbers that only contain it.
  return Array.isArray(list)
    ? (list as readonly Fields[]).find(({ phone_number }) => phone_number === number)
    : undefined;
}

/** Where STOP and START go that people text back. */
function hearing(about: string, { publicBaseUrl }: Asked, url: unknown): AccountFact[] {
  if (!publicBaseUrl) return [];
  const ours = `${publicBaseUrl}/v1/webhooks/twilio/inbound`;
  if (url === ours) return [{ about: `${about}, replies`, state: 'ok', found: 'STOP and START come to us' }];
  return [
    {
      about: `${about}, replies`,
      state: 'warning',
      found: 'STOP and START that people text back do not come to us',
      mend: `Set its webhook for incoming messages to ${ours} (POST): ${CONSOLE}.`,
    },
  ];
}

const notOurs = (about: string): AccountFact => ({
  about,
  state: 'fault',
  found: 'no sender of this account',
  mend: `Correct it, or get it: ${CONSOLE}, Phone Numbers, Active numbers.`,
});

function refusal(about: string, error: unknown): AccountFact {
  if (!(error instanceof ProviderError)) throw error;
  const { fault, message } = error;
  const found = message.replace(/\.$/, '');
  if (fault === 'misconfigured')
    return {
      about,
      state: 'fault',
      found: `Twilio refuses the credentials: ${found}`,
      mend: `Copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from ${CONSOLE}: the live ones, not the test credentials.`,
    };
  if (/answered 404/.test(message))
    return {
      about,
      state: 'fault',
      found: 'Twilio knows no such thing',
      mend: `Correct its SID: copy it from ${CONSOLE}.`,
    };
  return {
    about,
    state: 'fault',
    found,
    mend: 'Look whether this machine may reach api.twilio.com and messaging.twilio.com over 443, and at https://status.twilio.com.',
  };
}
