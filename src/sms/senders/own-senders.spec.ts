import fc from 'fast-check';

import { PhoneNumber } from '../../kernel/index.js';
import type { OwnSender, SenderPool } from '../provider/own-sender.js';
import type { SmsProvider } from '../provider/sms-provider.js';
import { OwnSenders, type Rest } from './own-senders.js';

const providerWith = (pool: SenderPool): SmsProvider =>
  Object.assign({ name: 'twilio', pool }, {
    errorCode: 'X',
    patience: { timeoutMs: 1, maxRetries: 0, retryDelayMs: 0 },
    send: () => Promise.reject(new Error('not called here')),
  } satisfies Omit<SmsProvider, 'name'>);

const numbers = (...ids: readonly string[]): OwnSender[] => ids.map((id) => ({ id }));
const american = (count: number, first = 0) =>
  numbers(...Array.from({ length: count }, (_, index) => `+1212555${1_000 + first + index}`));
const phones = Array.from({ length: 3_000 }, (_, index) => PhoneNumber.parse(`+1415555${String(1_000 + index)}`));

class Story {
  now = 1_000;
  readonly senders: OwnSenders;

  constructor(senders: readonly OwnSender[], areaCode?: string) {
    const provider = providerWith({ senders, ...(areaCode && { areaCode }) });
    this.senders = new OwnSenders([provider], { clock: { monotonic: () => this.now } });
  }

  to(phone: string | PhoneNumber): string | null {
    const to = typeof phone === 'string' ? PhoneNumber.parse(phone) : phone;
    return this.senders.pick('twilio', { to, channel: 'sms' });
  }

  rest(sender: string, leftMs = 1_000): void {
    const rest: Rest = { provider: 'twilio', sender, leftMs };
    this.senders.rest(rest);
  }
}

describe('OwnSenders', () => {
  it('gives one phone always the same sender, however it is spelled, and spreads phones over all', () => {
    const story = new Story(american(7));
    const counts = new Map<string | null, number>();
    for (const phone of phones) {
      const sender = story.to(phone);
      expect(story.to(PhoneNumber.parse(phone.e164))).toBe(sender);
      counts.set(sender, (counts.get(sender) ?? 0) + 1);
    }
    expect(counts.size).toBe(7);
    for (const count of counts.values()) expect(Math.abs(count - 3_000 / 7)).toBeLessThan(100); // 5 sigma
  });

  it('moves nobody but those who had the sender that goes, or who come to the one that is new', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 30 }), fc.nat({ max: 29 }), (size, which) => {
        const all = american(size);
        const gone = all[which % size]!.id;
        const [before, after] = [new Story(all), new Story(all.filter(({ id }) => id !== gone))];
        for (const phone of phones.slice(0, 300)) {
          const had = before.to(phone);
          if (had === gone) expect(after.to(phone)).not.toBe(gone);
          else expect(after.to(phone)).toBe(had);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("prefers the area code that is asked for, then the recipient's own, then any of the country", () => {
    const [asked, own, other] = ['+17205551000', '+14155551000', '+12125551000'] as const;
    expect(new Story(numbers(other, own, asked), '720').to('+14155552671')).toBe(asked);
    expect(new Story(numbers(other, own), '720').to('+14155552671')).toBe(own);
    expect(new Story(numbers(other), '720').to('+14155552671')).toBe(other);
  });

  it('prefers the country to the area code: a Canadian gets texts from Canada, a German from Germany', () => {
    const pool = numbers('+17205551000', '+16045551000', '+4915123456789');
    const story = new Story(pool, '720');
    expect(story.to('+16045552671')).toBe('+16045551000');
    expect(story.to('+4915123456780')).toBe('+4915123456789');
    expect(story.to('+447400123456')).not.toBeNull();
  });

  it('texts under a name only where it is for, and where nothing is left not even a forbidden one is spared', () => {
    const story = new Story([{ id: 'Acme', country: 'GB' }, { id: 'Acme', country: 'US' }, ...american(1)]);
    expect(story.to('+447400123456')).toBe('Acme');
    expect(story.to('+4915123456780')).toBe('+12125551000');
    expect(story.to('+14155552671')).toBe('+12125551000');
    story.rest('+12125551000');
    expect(story.to('+4915123456780')).toBe('+12125551000');
    expect(story.to('+14155552671')).toBe('Acme');
  });

  it('takes a name for any country before a number of a foreign one, but not where names are forbidden', () => {
    const story = new Story([{ id: 'Acme' }, ...numbers('+4915123456789')]);
    expect(story.to('+447400123456')).toBe('Acme');
    expect(story.to('+14155552671')).toBe('+4915123456789');
  });

  it('takes a short code, which tells no country, only after every number', () => {
    expect(new Story(numbers('12345', '+12125551000')).to('+14155552671')).toBe('+12125551000');
    expect(new Story(numbers('12345')).to('+14155552671')).toBe('12345');
  });

  it('leaves a sender that rests alone, moves only its recipients, and gives them back', () => {
    const story = new Story(american(5));
    const before = phones.slice(0, 500).map((phone) => story.to(phone));
    const resting = before[0]!;
    story.rest(resting, 60_000);
    phones.slice(0, 500).forEach((phone, index) => {
      if (before[index] === resting) expect(story.to(phone)).not.toBe(resting);
      else expect(story.to(phone)).toBe(before[index]);
    });
    story.now += 60_000;
    expect(phones.slice(0, 500).map((phone) => story.to(phone))).toEqual(before);
  });

  it('never stops: with all at rest it uses the one whose rest ends first, with some it uses what is awake', () => {
    const story = new Story([...american(2), ...numbers('+4915123456789')]);
    story.rest('+12125551000', 3_000);
    story.rest('+12125551001', 2_000);
    expect(story.to('+14155552671')).toBe('+4915123456789');
    story.rest('+4915123456789', 9_000);
    expect(story.to('+14155552671')).toBe('+12125551001');
  });

  it('has no opinion on other providers, other channels, and pools of nothing', () => {
    const story = new Story(american(2));
    const to = phones[0]!;
    expect(story.senders.pick('aws-sns', { to, channel: 'sms' })).toBeNull();
    expect(story.senders.pick('twilio', { to, channel: 'voice' })).toBeNull();
    expect(new Story([]).to(to)).toBeNull();
    expect(new Story([{ id: 'Acme', country: 'GB' }]).to(to)).toBeNull();
  });

  it('tells of an unusable sender only if it is a number of ours, refused in its own country', () => {
    const story = new Story([...american(1), { id: 'Acme' }, { id: '12345' }]);
    const told: string[] = [];
    story.senders.onUnusable((_, sender) => void told.push(sender));
    const british = PhoneNumber.parse('+447400123456');
    story.senders.unusable('twilio', '+12125551000', british);
    story.senders.unusable('twilio', 'Acme', phones[0]!);
    story.senders.unusable('twilio', '12345', phones[0]!);
    story.senders.unusable('twilio', '+12125559999', phones[0]!);
    expect(told).toEqual([]);
    story.senders.unusable('twilio', '+12125551000', phones[0]!);
    expect(told).toEqual(['+12125551000']);
  });
});
