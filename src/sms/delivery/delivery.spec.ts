import { PhoneNumber, systemClock } from '../../kernel/index.js';
import { ProviderError, type ProviderFault } from '../provider/provider-error.js';
import type { Receipt, SmsMessage, SmsProvider } from '../provider/sms-provider.js';
import { Rotation } from '../routing/rotation.js';
import { Delivery, type AttemptJournal, type DeliveryOptions, type Itinerary } from './delivery.js';

type Answer = 'accepted' | 'silence' | ProviderFault;

/** Answers as it is told, and keeps a ledger of every call. */
class Scripted implements SmsProvider {
  readonly errorCode = 'X';
  readonly patience = { timeoutMs: 400, maxRetries: 3, retryDelayMs: 1 };
  readonly calls: SmsMessage[] = [];

  constructor(
    readonly name: string,
    private readonly answers: Answer[],
  ) {}

  send(message: SmsMessage, signal: AbortSignal): Promise<Receipt> {
    this.calls.push(message);
    const answer = this.answers.shift() ?? 'accepted';
    if (answer === 'accepted') return Promise.resolve({ providerMessageId: `${this.name}-${this.calls.length}` });
    if (answer !== 'silence') return Promise.reject(new ProviderError(answer, 'told to'));
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new ProviderError('unconfirmed', 'deadline')));
    });
  }
}

const text = { to: PhoneNumber.parse('+14155552671'), body: '123456 is your code' };

async function deliver(
  providers: readonly Scripted[],
  options: Partial<DeliveryOptions> = {},
  journal: Partial<AttemptJournal> = {},
  validForSecs?: number,
) {
  const rotation = options.rotation ?? new Rotation(providers);
  const defaults = {
    rotation,
    attemptTimeoutMs: 50,
    sendBudgetMs: 1_000,
    slowAfterMs: 500,
    clock: systemClock,
    random: () => 0,
  };
  const turn = rotation.take()!;
  const way: Itinerary = {
    ...{ channel: 'sms', why: null, senderAt: () => null },
    providers: providers.map(({ name }) => name),
  };
  const log = { failedOver: () => Promise.resolve(), ...journal };
  const dispatch = await new Delivery({ ...defaults, ...options }, { ...text, validForSecs }, log, way).run({
    ...{ id: 'first', turn, sender: null },
  });
  return {
    dispatch,
    calls: providers.map(({ calls }) => calls.length),
    outcomes: dispatch.attempts.map(({ provider, outcome }) => `${provider} ${outcome}`),
  };
}

describe('Delivery', () => {
  it('is done when the first provider accepts', async () => {
    const { dispatch, calls } = await deliver([new Scripted('a', []), new Scripted('b', [])]);
    expect(calls).toEqual([1, 0]);
    expect(dispatch).toMatchObject({
      status: 'accepted',
      attempts: [{ id: 'first', provider: 'a', providerMessageId: 'a-1' }],
    });
  });

  it.each(['unreachable', 'throttled', 'misconfigured', 'refused'] as const)(
    'goes to the next provider at once on %s',
    async (fault) => {
      const { dispatch, outcomes } = await deliver([new Scripted('a', [fault]), new Scripted('b', [])]);
      expect(outcomes).toEqual(['a not_sent', 'b accepted']);
      expect(dispatch.status).toBe('accepted');
    },
  );

  it('goes on to the third when two surely did not send, and not while two may have', async () => {
    const sure = [new Scripted('a', ['throttled']), new Scripted('b', ['unreachable']), new Scripted('c', [])];
    expect((await deliver(sure)).outcomes).toEqual(['a not_sent', 'b not_sent', 'c accepted']);
    const unsure = [new Scripted('a', ['unconfirmed']), new Scripted('b', ['unconfirmed']), new Scripted('c', [])];
    const { calls, dispatch } = await deliver(unsure);
    expect([calls, dispatch.status]).toEqual([[1, 1, 0], 'unknown']);
  });

  it.each(['bad_destination', 'opted_out'] as const)('asks nobody else on %s', async (fault) => {
    const { dispatch, calls } = await deliver([new Scripted('a', [fault]), new Scripted('b', [])]);
    expect(calls).toEqual([1, 0]);
    expect(dispatch.status).toBe('refused');
  });

  it.each(['unconfirmed', 'silence'] as const)(
    'tries the next provider once after %s, with the same text',
    async (answer) => {
      const providers = [new Scripted('a', [answer]), new Scripted('b', []), new Scripted('c', [])];
      const { outcomes, dispatch } = await deliver(providers);
      expect(outcomes).toEqual(['a unknown', 'b accepted']);
      expect(dispatch.status).toBe('accepted');
      expect(providers[1]?.calls[0]?.body).toBe(text.body);
    },
  );

  it('sends no third text when two may be out', async () => {
    const { calls, dispatch } = await deliver([
      new Scripted('a', ['unconfirmed']),
      new Scripted('b', ['unconfirmed']),
      new Scripted('c', []),
    ]);
    expect(calls).toEqual([1, 1, 0]);
    expect(dispatch.status).toBe('unknown');
  });

  it('looks on for a provider that surely takes it while only one may have', async () => {
    const { outcomes } = await deliver([
      new Scripted('a', ['unconfirmed']),
      new Scripted('b', ['refused']),
      new Scripted('c', []),
    ]);
    expect(outcomes).toEqual(['a unknown', 'b not_sent', 'c accepted']);
  });

  it('says unknown, not refused, when one provider may have sent what another calls impossible', async () => {
    const { dispatch } = await deliver([new Scripted('a', ['unconfirmed']), new Scripted('b', ['bad_destination'])]);
    expect(dispatch.status).toBe('unknown');
  });

  it('is not sent when every provider says so, each asked once', async () => {
    const { calls, dispatch } = await deliver([
      new Scripted('a', ['unreachable', 'accepted']),
      new Scripted('b', ['throttled', 'accepted']),
    ]);
    expect(calls).toEqual([1, 1]);
    expect(dispatch.status).toBe('not_sent');
  });

  describe('alone', () => {
    it.each(['unreachable', 'throttled'] as const)('retries after %s as often as its provider wants', async (fault) => {
      expect((await deliver([new Scripted('a', [fault, fault, fault])])).outcomes.at(-1)).toBe('a accepted');
      expect((await deliver([new Scripted('a', [fault, fault, fault, fault])])).calls).toEqual([4]);
    });

    it.each(['misconfigured', 'refused'] as const)(
      'does not retry after %s: asking again changes nothing',
      async (fault) => {
        expect((await deliver([new Scripted('a', [fault])])).calls).toEqual([1]);
      },
    );

    it('tries the same provider once more after an unknown outcome, and no third time', async () => {
      expect((await deliver([new Scripted('a', ['unconfirmed'])])).dispatch.status).toBe('accepted');
      const { calls, dispatch } = await deliver([new Scripted('a', ['unconfirmed', 'unreachable', 'accepted'])]);
      expect(calls).toEqual([2]);
      expect(dispatch.status).toBe('unknown');
    });

    it("has the provider's own patience, not the short one of a failover", async () => {
      const { dispatch } = await deliver([new Scripted('a', ['silence'])], { attemptTimeoutMs: 10 });
      expect(dispatch.attempts[0]?.durationMs).toBeGreaterThan(300);
    });
  });

  it('blames nobody for time that others used up', async () => {
    const providers = [new Scripted('a', ['silence']), new Scripted('b', [])];
    const rotation = new Rotation(providers);
    const slowJournal = { failedOver: () => new Promise<void>((resolve) => setTimeout(resolve, 150)) };
    for (let i = 0; i < 5; i++) {
      const { dispatch } = await deliver(
        providers,
        { rotation, attemptTimeoutMs: 100, sendBudgetMs: 260 },
        slowJournal,
      );
      expect(dispatch.attempts.map(({ outcome }) => outcome)).toEqual(i === 0 ? ['unknown', 'not_sent'] : ['accepted']);
    }
    expect(rotation.suspended()).toHaveLength(0);
    expect(providers[1]?.calls).toHaveLength(0);
  });

  it('asks for less validity the later it tries', async () => {
    const backup = new Scripted('b', []);
    await deliver([new Scripted('a', ['silence']), backup], { attemptTimeoutMs: 1_100, sendBudgetMs: 3_000 }, {}, 600);
    expect(backup.calls[0]?.validForSecs).toBe(598);
  });

  it('ends within its budget, whoever is silent', async () => {
    const started = performance.now();
    const { dispatch } = await deliver([new Scripted('a', ['silence']), new Scripted('b', ['silence'])], {
      sendBudgetMs: 200,
    });
    expect(performance.now() - started).toBeLessThan(400);
    expect(dispatch.status).toBe('unknown');
  });

  it('writes down every failover before the next try begins', async () => {
    const backup = new Scripted('b', []);
    const written: unknown[] = [];
    await deliver(
      [new Scripted('a', ['unreachable']), backup],
      {},
      {
        failedOver: ({ outcome }, { provider }) => {
          written.push([outcome, provider, backup.calls.length]);
          return Promise.resolve();
        },
      },
    );
    expect(written).toEqual([['not_sent', 'b', 0]]);
  });

  it('sends nothing more when a failover cannot be written down', async () => {
    const providers = [new Scripted('a', ['unreachable']), new Scripted('b', [])];
    await expect(
      deliver(providers, {}, { failedOver: () => Promise.reject(new Error('database gone')) }),
    ).rejects.toThrow('database gone');
    expect(providers[1]?.calls).toHaveLength(0);
  });

  it('marks a try for which no time was left: its provider was not asked', async () => {
    const providers = [new Scripted('a', ['unreachable']), new Scripted('b', [])];
    const slowJournal = { failedOver: () => new Promise<void>((resolve) => setTimeout(resolve, 150)) };
    const { dispatch } = await deliver(providers, { sendBudgetMs: 200 }, slowJournal);
    expect(dispatch.attempts).toMatchObject([
      { provider: 'a', outcome: 'not_sent' },
      { provider: 'b', isVoid: true },
    ]);
    expect(dispatch.attempts[0]).not.toHaveProperty('isVoid');
    expect(providers[1]!.calls).toEqual([]);
  });

  it('takes an adapter that throws anything else as an unknown outcome', async () => {
    const broken = Object.assign(new Scripted('a', []), { send: () => Promise.reject(new TypeError('bug')) });
    const { outcomes } = await deliver([broken, new Scripted('b', [])]);
    expect(outcomes).toEqual(['a unknown', 'b accepted']);
  });
});
