import {
  ProviderError,
  type DeliveryReport,
  type Pingable,
  type SmsMessage,
  type SmsProvider,
} from '../../src/sms/index.js';
import type { Company, Text } from './cast.js';
import { NetworkReports } from './network-reports.js';
import type { Process } from './process.js';
import { short, type World } from './world.js';

/** What may become of one POST. */
const CONDUCTS = {
  accept: 1,
  slow: 1,
  silence: 3,
  blackhole: 1,
  late: 1,
  'error after': 2,
  'error before': 1,
  throttled: 1,
  unreachable: 1,
  misconfigured: 1,
  refused: 1,
} as const;
type Conduct = keyof typeof CONDUCTS;

const ANSWERS_PINGS: ReadonlySet<Conduct> = new Set([
  'accept',
  'slow',
  'late',
  'error after',
  'error before',
  'refused',
]);

/** A company that carries texts, in moods that last for seconds to half an hour. */
export class Carrier implements Company {
  readonly ledger: Text[] = [];
  private readonly reports: NetworkReports;
  private mood: Conduct = 'accept';
  private moodEnds: number;
  private readonly optedOut = new Set<string>();

  constructor(
    private readonly world: World,
    readonly name: string,
    private readonly traits: {
      readonly pingable: boolean;
      readonly names: 'attempt' | 'message' | 'phone' | 'nothing';
    },
  ) {
    this.reports = new NetworkReports(world, name, traits.names, (phone) => this.optedOut.add(phone));
    this.moodEnds = world.scheduler.now;
  }

  tell(text: Text, report: DeliveryReport): void {
    this.reports.tell(text, report);
  }

  adapterFor(process: Process): SmsProvider {
    const adapter: SmsProvider = {
      name: this.name,
      errorCode: 'TWILIO_API_ERROR',
      patience: { timeoutMs: 10_000, maxRetries: 2, retryDelayMs: 1_000 },
      send: (message, signal) => this.send(process, message, signal),
    };
    const pingable: Pingable = { ping: () => this.ping(process) };
    return this.traits.pingable ? Object.assign(adapter, pingable) : adapter;
  }

  private conduct(to: string): Conduct | 'bad destination' | 'opted out' {
    const { world } = this;
    if (this.optedOut.has(to)) return 'opted out';
    if (world.isHealed) return 'accept';
    if (world.random.chance(0.01)) return 'bad destination';
    if (world.scheduler.now >= this.moodEnds) {
      this.mood = world.random.chance(world.plan.trouble) ? world.random.weighted(CONDUCTS) : 'accept';
      this.moodEnds = world.scheduler.now + world.random.scale(3_000, 1_800_000);
      if (this.mood !== 'accept' && world.random.chance(0.4))
        world.weather = { conduct: this.mood, ends: this.moodEnds };
      if (this.mood !== 'accept') world.note(this.name, `from now on: ${this.mood}`);
    }
    const mood = world.scheduler.now < world.weather.ends ? (world.weather.conduct as Conduct) : this.mood;
    return world.random.chance(0.85) ? mood : 'accept';
  }

  private ping(process: Process): Promise<void> {
    const answers = this.world.isHealed || this.world.scheduler.now >= this.moodEnds || ANSWERS_PINGS.has(this.mood);
    return new Promise((resolve, reject) =>
      process.after(this.world.latency(), () =>
        answers ? resolve() : reject(new ProviderError('unreachable', 'no ping')),
      ),
    );
  }

  private send(process: Process, message: SmsMessage, signal: AbortSignal) {
    const { world } = this;
    const conduct = this.conduct(message.to.e164);
    const isWritten = world.random.chance(0.5);
    const crash = world.strikes('crash') && world.random.pick(['before', 'after']);
    const instance = world.instances.find((each) => each.process === process);
    return new Promise<{ providerMessageId: string }>((resolve, reject) => {
      const fail = (fault: ProviderError['fault'], ms = world.latency()) =>
        process.after(ms, () => reject(new ProviderError(fault, `${this.name}: ${conduct}`)));
      let givenUpAt = Infinity;
      signal.addEventListener('abort', () => {
        givenUpAt = world.scheduler.now;
        reject(new ProviderError('unconfirmed', 'deadline'));
      });
      const arrival = conduct === 'late' ? world.random.between(2_000, 12_000) : world.latency();
      world.scheduler.after(arrival, () => {
        if (world.strikes('stall')) {
          world.note(process.name, 'stalls while it waits');
          process.stall(world.random.scale(3_000, 40_000));
        }
        if (crash === 'before') instance?.crash();
        if (!process.isAlive && !isWritten) return;
        world.note(this.name, `${conduct}: attempt ${short(message.attemptId)} of ${process.name}`);
        const take = () => this.take(message, Math.min(world.scheduler.now, givenUpAt));
        const answer = (ms: number) => {
          const { id } = take();
          process.after(ms, () => resolve({ providerMessageId: id }));
        };
        switch (conduct) {
          case 'accept':
          case 'late':
            answer(world.latency());
            break;
          case 'slow':
            answer(world.random.between(2_000, 9_000));
            break;
          case 'silence':
            take();
            break;
          case 'blackhole':
            break;
          case 'error after':
            take();
            fail('unconfirmed');
            break;
          case 'error before':
            fail('unconfirmed');
            break;
          case 'bad destination':
            fail('bad_destination');
            break;
          case 'opted out':
            fail('opted_out');
            break;
          case 'throttled':
          case 'unreachable':
          case 'misconfigured':
          case 'refused':
            fail(conduct);
        }
        if (crash === 'after') instance?.crash();
      });
    });
  }

  private take({ attemptId, to, body }: SmsMessage, at: number): Text {
    const { judge, random } = this.world;
    const text: Text = {
      carrier: this.name,
      id: `${this.name}-${random.uuid()}`,
      attemptId,
      to: to.e164,
      body,
      at,
      told: [],
      emitted: [],
    };
    this.ledger.push(text);
    judge.handedOver(text);
    this.reports.about(text);
    return text;
  }
}
