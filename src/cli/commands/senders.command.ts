import { InvalidArgumentError, type Command } from 'commander';

import { AuditModule } from '../../audit/index.js';
import { poolsOf, SenderOffice, SendersModule, type SenderState } from '../../senders/index.js';
import { operator } from '../operator.js';
import { withRooms } from '../rooms.js';

const REST_HOURS = 24;

const inOffice = <T>(work: (office: SenderOffice) => Promise<T>): Promise<T> =>
  withRooms(
    ({ sms }) => [AuditModule, SendersModule.forRoot({ pools: poolsOf(sms.providers) })],
    (rooms) => work(rooms.get(SenderOffice)),
  );

function hours(text: string): number {
  const count = Number(text);
  if (!/^\d{1,3}$/.test(text) || count < 1 || count > 720) throw new InvalidArgumentError('Write hours from 1 to 720.');
  return count;
}

const RULES = { forbidden: 'no names are allowed there', registration: 'must be registered there' } as const;

function lineOf({ resting, rule, sent, deliveredShare, ...of }: SenderState): readonly string[] {
  const state = resting ? `rests until ${resting.until.toISOString()} (${resting.reason})` : 'awake';
  return [
    ...[of.provider, of.sender, of.kind, of.country ?? '-', of.areaCode ?? '-', String(sent)],
    deliveredShare === null ? '-' : `${(deliveredShare * 100).toFixed(1)} %`,
    rule ? `${state}; ${RULES[rule]}: ask the provider` : state,
  ];
}

function show(senders: readonly SenderState[]): void {
  if (senders.length === 0) return console.log('no provider that is used has senders to choose from');
  const head = ['PROVIDER', 'SENDER', 'KIND', 'COUNTRY', 'AREA', 'SENT 24H', 'DELIVERED', 'STATE'];
  const lines = [head, ...senders.map(lineOf)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
}

export function sendersCommand(program: Command): void {
  const senders = program
    .command('senders')
    .alias('pool')
    .description('what texts go out under: which senders rest, and how many of their texts arrive')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: true }) => {
      const states = await inOffice((office) => office.list());
      if (json) console.log(JSON.stringify({ senders: states }));
      else show(states);
    });

  senders
    .command('rest')
    .description('uses a sender no more for a while')
    .argument('<sender>', 'as "senders" shows it')
    .option('--hours <hours>', 'how long', hours, REST_HOURS)
    .option('--provider <provider>', 'at this one alone')
    .option('--json', 'for programs')
    .action(async (sender: string, options: { hours: number; provider?: string; json?: true }) => {
      const { hours: long, provider, json } = options;
      const count = await inOffice((office) => office.rest(sender, provider, long, operator()));
      console.log(
        json
          ? JSON.stringify({ sender, hours: long, providers: count })
          : `${sender} rests for ${long} h at ${count} provider(s)`,
      );
    });

  senders
    .command('wake')
    .description('uses a sender again')
    .argument('<sender>', 'as "senders" shows it')
    .option('--provider <provider>', 'at this one alone')
    .option('--json', 'for programs')
    .action(async (sender: string, { provider, json }: { provider?: string; json?: true }) => {
      const count = await inOffice((office) => office.wake(sender, provider, operator()));
      if (json) return console.log(JSON.stringify({ sender, awake: true, rested: count > 0 }));
      console.log(count > 0 ? `${sender} is awake again` : `${sender} did not rest`);
    });
}
