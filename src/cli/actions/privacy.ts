import { PhoneNumber } from '../../kernel/index.js';
import type { PrivacyService } from '../../privacy/index.js';
import { operator } from '../operator.js';
import { withPrivacy } from '../with-privacy.js';

const asked = <T>(text: string, work: (privacy: PrivacyService, phone: PhoneNumber) => Promise<T>): Promise<T> =>
  withPrivacy((privacy, config) => work(privacy, PhoneNumber.parse(text, config.phone.defaultRegion)));

export async function exported(text: string): Promise<void> {
  console.log(JSON.stringify(await asked(text, (privacy, phone) => privacy.export(phone, operator())), null, 2));
}

export async function erase(
  text: string,
  { withOptOut = false, json }: { withOptOut?: boolean; json?: true },
): Promise<void> {
  const answer = await asked(text, (privacy, phone) => privacy.erase(phone, { optOut: withOptOut }, operator()));
  if (json) return console.log(JSON.stringify(answer));
  for (const [room, rows] of Object.entries(answer.erased)) console.log(`${room}: ${rows} row(s) erased`);
}
