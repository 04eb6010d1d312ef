import { FraudModule, FraudOffice, type Replay } from '../../fraud/index.js';
import { PhoneNumber, type CountryCode } from '../../kernel/index.js';
import { LimitsModule } from '../../limits/index.js';
import { RedisModule } from '../../redis/index.js';
import { operator } from '../operator.js';
import { policyOf } from '../policy-file.js';
import { withRooms } from '../rooms.js';

interface ReplayOptions {
  /** Days. */
  readonly since: number;
  readonly policy?: string;
  readonly json?: true;
}
interface UnblockOptions {
  readonly country?: string;
  readonly phone?: string;
  readonly json?: true;
}

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

export async function replay({ since, policy, json }: ReplayOptions): Promise<void> {
  const chosen = policyOf(policy);
  const outcome = await inOffice((office) => office.replay(new Date(Date.now() - since * DAY_MS), chosen));
  if (json) console.log(JSON.stringify(outcome));
  else show(outcome);
}

export async function status({ json }: { json?: true }): Promise<void> {
  const { blocked, lastDay } = await inOffice((office) => office.status());
  if (json) return console.log(JSON.stringify({ blocked, lastDay }));
  if (blocked.length === 0) console.log('nothing is blocked');
  for (const { country, level, blockedUntil, strikes } of blocked) {
    console.log(`${country} ${level}: until ${blockedUntil.toISOString()}, strike ${strikes}`);
  }
  for (const { verdict, refused, sends } of lastDay) {
    console.log(`last day: ${verdict}${refused ? ', refused' : ''}: ${sends}`);
  }
}

export async function unblock({ country, phone, json }: UnblockOptions): Promise<void> {
  const count = await inOffice((office, region) =>
    office.unblock({ country, phone: phone ? PhoneNumber.parse(phone, region) : undefined }, operator()),
  );
  console.log(json ? JSON.stringify({ unblocked: count }) : `${count} prefix(es) start afresh`);
}

function show({ total, countries }: Replay): void {
  const line = (name: string, { sends, blocked, challenged, wronglyBlocked, savedMicros }: Replay['total']) =>
    console.log(
      `${name}: of ${sends} texts ${blocked} blocked, ${challenged} challenged, $${(savedMicros / 1e6).toFixed(2)} saved, ${wronglyBlocked} wrongly blocked`,
    );
  line('all', total);
  for (const { country, ...outcome } of countries) line(country, outcome);
}
