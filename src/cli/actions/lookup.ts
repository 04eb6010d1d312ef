import { AuditLog, AuditModule } from '../../audit/index.js';
import { PhoneNumber } from '../../kernel/index.js';
import { LimitsModule } from '../../limits/index.js';
import { Lookups, LookupsModule } from '../../lookups/index.js';
import { lookupsOf } from '../../lookups.setup.js';
import { RedisModule } from '../../redis/index.js';
import { operator } from '../operator.js';
import { withRooms } from '../rooms.js';

export async function lookUp(text: string, { known, json }: { known?: true; json?: true }): Promise<void> {
  const [phone, info] = await withRooms(
    (config) => [
      RedisModule.forRoot({ server: config.redis }),
      LimitsModule.forRoot(config.limits),
      LookupsModule.forRoot(lookupsOf(config)),
      AuditModule,
    ],
    async (rooms, config) => {
      const number = PhoneNumber.parse(text, config.phone.defaultRegion);
      const lookups = rooms.get(Lookups);
      if (!known && lookups.isOn) await rooms.get(AuditLog).write({ who: operator(), act: 'lookup' });
      return [number, known ? await lookups.known(number) : await lookups.of(number)] as const;
    },
  );
  if (json) return console.log(JSON.stringify({ phone: phone.masked, ...(info ?? { isKnown: false }) }));
  if (!info) return console.log(`${phone}: nothing is known; lookups are off, or nobody answers (docs/lookups.md)`);
  const { isValid, line, network, carrier } = info;
  console.log(`${phone}: ${isValid ? (line ?? 'a line of unknown type') : 'no phone has this number'}`);
  console.log(`network: ${network ?? 'unknown'}${carrier === null ? '' : ` (${carrier})`}`);
}
