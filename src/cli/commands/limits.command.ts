import type { Command } from 'commander';

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

export function limitsCommand(program: Command): void {
  const limits = program.command('limits').description('what one phone has left, and a fresh start for it');

  limits
    .command('show')
    .argument('<phone>', 'E.164, or a national number of PHONE_DEFAULT_REGION')
    .description('texts that it may still get, wrong codes that are still taken')
    .option('--json', 'for programs')
    .action(async (text: string, { json }: { json?: true }) => {
      const state = await asked(text, (room, phone) => room.show(phone));
      if (json) return console.log(JSON.stringify(state));
      for (const { name, remaining, quota, resetSecs } of state.sends) {
        console.log(
          `${name}: ${remaining} of ${quota} texts left${resetSecs > 0 ? `, the next in ${resetSecs} s` : ''}`,
        );
      }
      const { left, wrongInARow, approvedAt } = state.guesses;
      console.log(`wrong codes: ${left} more are taken now, ${wrongInARow} in a row so far`);
      console.log(`last approved: ${approvedAt?.toISOString() ?? 'never'}`);
    });

  limits
    .command('reset')
    .argument('<phone>', 'E.164, or a national number of PHONE_DEFAULT_REGION')
    .description('opens a phone again that was locked by wrong codes, and forgets the texts that it got')
    .option('--json', 'for programs')
    .action(async (text: string, { json }: { json?: true }) => {
      await asked(text, async (room, phone, audit) => {
        await audit.write({ who: operator(), act: 'limits.reset' });
        await room.reset(phone);
      });
      console.log(json ? JSON.stringify({ reset: true }) : 'done');
    });
}
