import { AuditLog, AuditModule } from '../../audit/index.js';
import { PhoneNumber } from '../../kernel/index.js';
import { LimitsModule, PhoneLimits } from '../../limits/index.js';
import { RedisModule } from '../../redis/index.js';
import { operator } from '../operator.js';
import { withRooms } from '../rooms.js';

const asked = <T>(
  text: string,
  work: (limits: PhoneLimits, phone: PhoneNumber, audit: AuditLog) => Promise<T>,
): Promise<T> =>
  withRooms(
    ({ limits, redis }) => [RedisModule.forRoot({ server: redis }), LimitsModule.forRoot(limits), AuditModule],
    (rooms, config) =>
      work(rooms.get(PhoneLimits), PhoneNumber.parse(text, config.phone.defaultRegion), rooms.get(AuditLog)),
  );

export async function show(text: string, { json }: { json?: true }): Promise<void> {
  const state = await asked(text, (room, phone) => room.show(phone));
  if (json) return console.log(JSON.stringify(state));
  for (const { name, remaining, quota, resetSecs } of state.sends) {
    console.log(`${name}: ${remaining} of ${quota} texts left${resetSecs > 0 ? `, the next in ${resetSecs} s` : ''}`);
  }
  const { left, wrongInARow, approvedAt } = state.guesses;
  console.log(`wrong codes: ${left} more are taken now, ${wrongInARow} in a row so far`);
  console.log(`last approved: ${approvedAt?.toISOString() ?? 'never'}`);
}

export async function reset(text: string, { json }: { json?: true }): Promise<void> {
  await asked(text, async (room, phone, audit) => {
    await audit.write({ who: operator(), act: 'limits.reset' });
    await room.reset(phone);
  });
  console.log(json ? JSON.stringify({ reset: true }) : 'done');
}
