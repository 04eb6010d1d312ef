import type { DeliveryReport } from '../../src/sms/index.js';
import type { Text } from './cast.js';
import { short, type World } from './world.js';

const COST_MICROS = 7_900;
const ENDS = {
  delivered: { status: 'delivered' },
  'undelivered, curable': { status: 'undelivered', code: '30003', curable: true },
  undelivered: { status: 'undelivered', code: '30006', curable: false },
  'failed, curable': { status: 'failed', code: '30008', curable: true },
  failed: { status: 'failed', code: '30007', curable: false },
  'opted out': { status: 'failed', code: '21610', curable: false, optedOut: true },
} as const satisfies Record<string, DeliveryReport>;
const FAILURES = { 'undelivered, curable': 3, undelivered: 2, 'failed, curable': 3, failed: 1, 'opted out': 1 };

/** What the networks behind a carrier say of its texts: late, twice, in any order, or never. */
export class NetworkReports {
  constructor(
    private readonly world: World,
    private readonly carrier: string,
    private readonly names: 'attempt' | 'message' | 'phone' | 'nothing',
    private readonly onStop: (phone: string) => void,
  ) {}

  about(text: Text): void {
    const { random, plan, isHealed } = this.world;
    if (this.names === 'nothing') return;
    const end = !isHealed && random.chance(plan.undelivered) ? ENDS[random.weighted(FAILURES)] : ENDS.delivered;
    if ('optedOut' in end) this.onStop(text.to);
    const reports: DeliveryReport[] = [{ status: 'accepted' }, { status: 'sent' }, { ...end, costMicros: COST_MICROS }];
    for (const report of reports) {
      if (report.status === 'accepted' && random.chance(0.8)) continue; // few carriers bother
      if (!isHealed && random.chance(plan.reportLost)) continue;
      const copies = random.chance(0.15) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        const isLate = !isHealed && !plan.isCalm && random.chance(0.1);
        // One that is faster than the answer to the POST may name a text that nobody knows yet, and is then lost.
        const least = plan.isCalm ? 2_000 : 5;
        const ms = isLate ? random.scale(10_000, 7_200_000) : random.scale(least, 4_000);
        this.world.scheduler.after(ms, () => this.tell(text, { ...this.naming(text), ...report }));
      }
    }
  }

  private naming({ attemptId, id, to }: Text): Partial<DeliveryReport> {
    if (this.names === 'attempt') return { attemptId, providerMessageId: id };
    return this.names === 'message' ? { providerMessageId: id } : { providerMessageId: id, phone: to };
  }

  /** Told again until somebody has taken it. */
  tell(text: Text, report: DeliveryReport): void {
    const { world } = this;
    text.emitted.push(report);
    const instance = world.living.length > 0 ? world.random.pick(world.living) : undefined;
    if (instance) world.note(this.carrier, `reports ${report.status} of ${short(text.attemptId)} to ${instance.name}`);
    void (instance?.report(this.carrier, report) ?? Promise.resolve({ kind: 'silence' as const })).then((reply) => {
      if (reply.kind === 'answer') {
        if (reply.value) text.told.push(report);
      } else if (world.isHealed || world.random.chance(0.8)) {
        world.scheduler.after(world.random.between(1_000, 60_000), () => this.tell(text, report));
      }
    });
  }
}
