import { InvalidArgumentError, type Command } from 'commander';

import { FraudModule, FraudOffice, type Replay } from '../../fraud/index.js';
import { PhoneNumber, type CountryCode } from '../../kernel/index.js';
import { LimitsModule } from '../../limits/index.js';
import { RedisModule } from '../../redis/index.js';
import { operator } from '../operator.js';
import { policyOf } from '../policy-file.js';
import { withRooms } from '../rooms.js';

const DAY_MS = 86_400_000;

const inOffice = <T>(work: (office: FraudOffice, region: CountryCode) => Promise<T>): Promise<T> =>
  withRooms(
    ({ limits, redis, fraud }) => [
      RedisModule.forRoot({ server: redis }),
      LimitsModule.forRoot(limits),
      FraudModule.forRoot(fraud),
    ],
    (rooms, config) => work(rooms.get(FraudOffice), config.phone.defaultRegion),
  );

function days(text: string): number {
  const [, count] = /^(\d{1,4})d$/.exec(text) ?? [];
  if (!count) throw new InvalidArgumentError('Write days, such as 30d.');
  return Number(count);
}

function show({ total, countries }: Replay): void {
  const line = (name: string, { sends, blocked, challenged, wronglyBlocked, savedMicros }: Replay['total']) =>
    console.log(
      `${name}: of ${sends} texts ${blocked} blocked, ${challenged} challenged, $${(savedMicros / 1e6).toFixed(2)} saved, ${wronglyBlocked} wrongly blocked`,
    );
  line('all', total);
  for (const { country, ...outcome } of countries) line(country, outcome);
}

export function fraudCommand(program: Command): void {
  const fraud = program
    .command('fraud')
    .description('the pumping guard: what it holds against whom, and what it would do');

  fraud
    .command('replay')
    .description('what a policy would have made of the sends that were recorded')
    .option('--since <days>', 'how far back, such as 30d', days, 30)
    .option('--policy <file>', 'JSON with what differs from the policy of the program, as docs/fraud.md shows it')
    .option('--json', 'for programs')
    .action(async ({ since, policy, json }: { since: number; policy?: string; json?: true }) => {
      const chosen = policyOf(policy);
      const outcome = await inOffice((office) => office.replay(new Date(Date.now() - since * DAY_MS), chosen));
      if (json) console.log(JSON.stringify(outcome));
      else show(outcome);
    });

  fraud
    .command('status')
    .description('prefixes and countries that are blocked now, and the verdicts of the last day')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: true }) => {
      const { blocked, lastDay } = await inOffice((office) => office.status());
      if (json) return console.log(JSON.stringify({ blocked, lastDay }));
      if (blocked.length === 0) console.log('nothing is blocked');
      for (const { country, level, blockedUntil, strikes } of blocked) {
        console.log(`${country} ${level}: until ${blockedUntil.toISOString()}, strike ${strikes}`);
      }
      for (const { verdict, refused, sends } of lastDay) {
        console.log(`last day: ${verdict}${refused ? ', refused' : ''}: ${sends}`);
      }
    });

  fraud
    .command('unblock')
    .description('forgets what is held against a country, or against the prefixes of a phone')
    .option('--country <country>', 'two letters')
    .option('--phone <phone>', 'E.164, or a national number of PHONE_DEFAULT_REGION')
    .option('--json', 'for programs')
    .action(async ({ country, phone, json }: { country?: string; phone?: string; json?: true }) => {
      const count = await inOffice((office, region) =>
        office.unblock({ country, phone: phone ? PhoneNumber.parse(phone, region) : undefined }, operator()),
      );
      console.log(json ? JSON.stringify({ unblocked: count }) : `${count} prefix(es) start afresh`);
    });
}
