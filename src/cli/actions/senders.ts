import { AuditModule } from '../../audit/index.js';
import { poolsOf, SenderOffice, SendersModule, type SenderState } from '../../senders/index.js';
import { operator } from '../operator.js';
import { withRooms } from '../rooms.js';

const inOffice = <T>(work: (office: SenderOffice) => Promise<T>): Promise<T> =>
  withRooms(
    ({ sms }) => [AuditModule, SendersModule.forRoot({ pools: poolsOf(sms.providers) })],
    (rooms) => work(rooms.get(SenderOffice)),
  );

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

export async function list({ json }: { json?: true }): Promise<void> {
  const states = await inOffice((office) => office.list());
  if (json) console.log(JSON.stringify({ senders: states }));
  else show(states);
}

export async function rest(sender: string, options: { hours: number; provider?: string; json?: true }): Promise<void> {
  const { hours: long, provider, json } = options;
  const count = await inOffice((office) => office.rest(sender, provider, long, operator()));
  console.log(
    json
      ? JSON.stringify({ sender, hours: long, providers: count })
      : `${sender} rests for ${long} h at ${count} provider(s)`,
  );
}

export async function wake(sender: string, { provider, json }: { provider?: string; json?: true }): Promise<void> {
  const count = await inOffice((office) => office.wake(sender, provider, operator()));
  if (json) return console.log(JSON.stringify({ sender, awake: true, rested: count > 0 }));
  console.log(count > 0 ? `${sender} is awake again` : `${sender} did not rest`);
}
