/** What a country asks of a name as a sender. */
export type SenderRule = 'forbidden' | 'registration';

/**
 * Where texts under a name do not arrive, or come from some number instead: "Several major markets (including Canada, China, and
 * the United States) don't support sender ID", https://docs.aws.amazon.com/sms-voice/latest/userguide/sender-id.html
 */
const FORBIDDEN = ['CA', 'CN', 'US'];

/**
 * Where a name must be registered before it is used: the sender ID registrations of
 * https://docs.aws.amazon.com/sms-voice/latest/userguide/registrations-country.html, read in November 2026. Networks change
 * their minds, and providers differ: https://help.twilio.com/articles/223133767 is Twilio's list.
 */
const REGISTRATION = [
  ...['AE', 'AT', 'AU', 'BY', 'EG', 'ES', 'FI', 'GB', 'ID', 'IE', 'IN', 'JO', 'KE', 'KW', 'KZ'],
  ...['LK', 'PH', 'QA', 'RU', 'SA', 'SG', 'TH', 'TR', 'VN', 'ZM'],
];

const RULES: ReadonlyMap<string, SenderRule> = new Map([
  ...FORBIDDEN.map((country) => [country, 'forbidden'] as const),
  ...REGISTRATION.map((country) => [country, 'registration'] as const),
]);

/** Undefined where nothing is known to be asked. @param country ISO 3166-1 alpha-2 */
export const senderRule = (country: string): SenderRule | undefined => RULES.get(country);

/** In alphabetical order. */
export const RULED_COUNTRIES: readonly string[] = [...RULES.keys()].sort();
