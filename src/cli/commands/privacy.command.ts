import type { Command } from 'commander';

import { PhoneNumber } from '../../kernel/index.js';
import { type PrivacyService } from '../../privacy/index.js';
import { operator } from '../operator.js';
import { withPrivacy } from '../with-privacy.js';

const PHONE = 'E.164, or a national number of PHONE_DEFAULT_REGION';

const asked = <T>(text: string, work: (privacy: PrivacyService, phone: PhoneNumber) => Promise<T>): Promise<T> =>
  withPrivacy((privacy, config) => work(privacy, PhoneNumber.parse(text, config.phone.defaultRegion)));

export function privacyCommands(program: Command): void {
  program
    .command('export')
    .argument('<phone>', PHONE)
    .description('what is kept about a number, as JSON')
    .action(async (text: string) => {
      console.log(JSON.stringify(await asked(text, (privacy, phone) => privacy.export(phone, operator())), null, 2));
    });

  program
    .command('erase')
    .argument('<phone>', PHONE)
    .description('leaves no trace of a number, but for the HMAC by which its opt-out is known')
    .option('--with-opt-out', 'forget, too, that it asked for no more texts')
    .option('--json', 'for programs')
    .action(async (text: string, { withOptOut = false, json }: { withOptOut?: boolean; json?: true }) => {
      const answer = await asked(text, (privacy, phone) => privacy.erase(phone, { optOut: withOptOut }, operator()));
      if (json) return console.log(JSON.stringify(answer));
      for (const [room, rows] of Object.entries(answer.erased)) console.log(`${room}: ${rows} row(s) erased`);
    });
}
