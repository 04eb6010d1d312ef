import fc from 'fast-check';

import type { ProviderFault } from '../provider/provider-error.js';
import type { SmsProvider } from '../provider/sms-provider.js';
import { Rotation } from './rotation.js';
import type { StandingChange } from './standing.js';

const fixed = (name: string): SmsProvider => ({
  name,
  errorCode: 'X',
  patience: { timeoutMs: 1, maxRetries: 0, retryDelayMs: 0 },
  send: () => Promise.reject(new Error('not called here')),
});
const pingable = (name: string): SmsProvider => Object.assign(fixed(name), { ping: () => Promise.resolve() });

class Story {
  now = 1_000;
  readonly changes: StandingChange[] = [];
  readonly rotation: Rotation;

  constructor(...providers: readonly SmsProvider[]) {
    const clock = { monotonic: () => this.now };
    this.rotation = new Rotation(providers, {
      clock,
      random: () => 0.5,
      onChange: (change) => this.changes.push(change),
    });
  }

  /** One send by whoever's turn it is. */
  send(fault?: ProviderFault, slow = false): string | undefined {
    const turn = this.rotation.take();
    turn?.end({ fault, slow });
    return turn?.provider.name;
  }

  fail(times: number, fault: ProviderFault = 'unconfirmed'): void {
    for (let i = 0; i < times; i++) this.send(fault);
  }

  wait(ms: number): void {
    this.now += ms;
  }

  ping(name: string, ...answers: readonly boolean[]): void {
    for (const answer of answers) this.rotation.pinged(name, answer);
  }

  stateOf(name: string) {
    return this.rotation.standings().find((standing) => standing.name === name)?.state;
  }
}

describe('Rotation', () => {
  it('gives every turn to the most preferred provider', () => {
    const story = new Story(fixed('a'), fixed('b'));
    expect([story.send(), story.send('refused'), story.send()]).toEqual(['a', 'a', 'a']);
  });

  it('gives the next provider the turn when the first was tried', () => {
    const { rotation } = new Story(fixed('a'), fixed('b'));
    expect(rotation.take(new Set(['a']))?.provider.name).toBe('b');
    expect(rotation.take(new Set(['a', 'b']))).toBeUndefined();
  });

  it('suspends a provider on the fifth failure in a row, not before', () => {
    const story = new Story(fixed('a'), fixed('b'));
    story.fail(4);
    expect(story.stateOf('a')).toBe('in_rotation');
    story.fail(1);
    expect(story.stateOf('a')).toBe('suspended');
    expect(story.send()).toBe('b');
    expect(story.changes).toHaveLength(1);
  });

  it('starts counting anew after a success', () => {
    const story = new Story(fixed('a'), fixed('b'));
    story.fail(4);
    story.send();
    story.fail(4);
    expect(story.stateOf('a')).toBe('in_rotation');
  });

  it.each(['refused', 'bad_destination', 'opted_out'] as const)('does not blame a provider for %s', (fault) => {
    const story = new Story(fixed('a'), fixed('b'));
    story.fail(50, fault);
    expect(story.stateOf('a')).toBe('in_rotation');
  });

  it('suspends a misconfigured provider at once', () => {
    const story = new Story(fixed('a'), fixed('b'));
    story.fail(1, 'misconfigured');
    expect(story.stateOf('a')).toBe('suspended');
  });

  it.each([
    ['failing', 'unconfirmed', false],
    ['slow', undefined, true],
  ] as const)('suspends a provider when half of ten calls in 30 s were %s', (_, fault, slow) => {
    const story = new Story(fixed('a'), fixed('b'));
    for (let i = 0; i < 4; i++) {
      story.send();
      story.send(fault, slow);
    }
    story.send();
    expect(story.stateOf('a')).toBe('in_rotation');
    story.send(fault, slow);
    expect(story.stateOf('a')).toBe('suspended');
  });

  it('forgets calls that are older than 30 s', () => {
    const story = new Story(fixed('a'), fixed('b'));
    for (let i = 0; i < 4; i++) {
      story.send('unconfirmed');
      story.send();
    }
    story.wait(31_000);
    story.send('unconfirmed');
    story.send('unconfirmed');
    expect(story.stateOf('a')).toBe('in_rotation');
  });

  it('earns a trial by two good pings in a row, and comes back after three sends', () => {
    const story = new Story(pingable('a'), fixed('b'));
    story.fail(5);
    story.ping('a', true, false, true);
    expect(story.send()).toBe('b');
    story.ping('a', true);
    expect(story.stateOf('a')).toBe('on_trial');
    expect([story.send(), story.send(), story.send()]).toEqual(['a', 'a', 'a']);
    expect(story.stateOf('a')).toBe('in_rotation');
    expect(story.changes.map(({ to }) => to)).toEqual(['suspended', 'on_trial', 'in_rotation']);
  });

  it('lets one send at a time onto a trial; everyone else goes straight to the next', () => {
    const story = new Story(pingable('a'), fixed('b'));
    story.fail(5);
    story.ping('a', true, true);
    for (let round = 0; round < 3; round++) {
      const turns = Array.from({ length: 20 }, () => story.rotation.take());
      expect(turns.map((turn) => turn?.provider.name)).toEqual(['a', ...Array<string>(19).fill('b')]);
      turns[0]?.end({ slow: false });
    }
    expect(story.stateOf('a')).toBe('in_rotation');
  });

  it('gives a dropped turn of a trial to another send', () => {
    const story = new Story(pingable('a'), fixed('b'));
    story.fail(5);
    story.ping('a', true, true);
    for (let i = 0; i < 10; i++) {
      const turn = story.rotation.take();
      turn?.drop();
      turn?.drop();
    }
    expect([story.send(), story.send(), story.send()]).toEqual(['a', 'a', 'a']);
  });

  it('sends a provider out again on its first failure on trial', () => {
    const story = new Story(pingable('a'), fixed('b'));
    story.fail(5);
    story.ping('a', true, true);
    story.send();
    story.send('unconfirmed');
    expect(story.stateOf('a')).toBe('suspended');
  });

  it('rests one that cannot be pinged 5 s, doubling to 60 s with every trial that fails', () => {
    const story = new Story(fixed('a'), fixed('b'));
    story.fail(5);
    for (const rest of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      story.wait(rest - 1);
      expect(story.send()).toBe('b');
      story.wait(1);
      expect(story.send('unreachable')).toBe('a');
    }
  });

  it('brings back one that could be pinged but is not, by the clock', () => {
    const story = new Story(pingable('a'), fixed('b'));
    story.fail(5);
    story.wait(14_999);
    expect(story.send()).toBe('b');
    story.wait(1);
    expect(story.send()).toBe('a');
  });

  it('does not bring back by the clock one whose pings fail', () => {
    const story = new Story(pingable('a'), fixed('b'));
    story.fail(5);
    story.ping('a', false);
    story.wait(600_000);
    expect(story.send()).toBe('b');
  });

  it('tries the one that rested longest, once a second, when all are out', () => {
    const story = new Story(pingable('a'), pingable('b'));
    story.fail(5);
    story.wait(10);
    story.fail(5);
    expect(story.rotation.suspended()).toHaveLength(2);
    story.wait(10);
    expect([story.send('unconfirmed'), story.send()]).toEqual(['a', undefined]);
    story.wait(999);
    expect(story.send()).toBeUndefined();
    story.wait(1);
    expect(story.send('unconfirmed')).toBe('b');
    story.wait(1_000);
    expect(story.send()).toBe('a');
    expect(story.stateOf('a')).toBe('on_trial');
  });

  it('leaves the send of the second to somebody else when it is dropped', () => {
    const story = new Story(pingable('a'), pingable('b'));
    story.fail(5);
    story.wait(10);
    story.fail(5);
    story.wait(2_000);
    for (let i = 0; i < 5; i++) story.rotation.take()?.drop();
    expect([story.send('unconfirmed'), story.send()]).toEqual(['a', undefined]);
  });

  it('gives a suspended provider no send while another is in the rotation', () => {
    const story = new Story(pingable('a'), fixed('b'));
    story.fail(5);
    story.wait(10_000);
    expect(story.rotation.take(new Set(['b']))).toBeUndefined();
  });

  it('ignores how sends ended that began before it was suspended', () => {
    const story = new Story(pingable('a'), fixed('b'));
    const late = story.rotation.take();
    story.fail(5);
    late?.end({ slow: false });
    expect(story.stateOf('a')).toBe('suspended');
    story.ping('a', true, true);
    expect(story.stateOf('a')).toBe('on_trial');
  });

  it('never has more than one send on trial, whatever happens in whatever order', () => {
    const step = fc.oneof(
      fc.constant('take' as const),
      fc.record({
        end: fc.nat(),
        fault: fc.option(fc.constantFrom('unconfirmed', 'refused', 'unreachable'), { nil: undefined }),
      }),
      fc.record({ drop: fc.nat() }),
      fc.record({ wait: fc.integer({ min: 0, max: 20_000 }) }),
      fc.record({ ping: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const story = new Story(pingable('a'), fixed('b'));
        const open: NonNullable<ReturnType<Rotation['take']>>[] = [];
        const trials = new Set<object>();
        let onTrial = 0;
        for (const step of steps) {
          if (step === 'take') {
            const trial = story.stateOf('a') === 'on_trial';
            const turn = story.rotation.take();
            if (!turn) continue;
            open.push(turn);
            if (!trial || turn.provider.name !== 'a') continue;
            trials.add(turn);
            onTrial++;
          } else if ('wait' in step) story.wait(step.wait);
          else if ('ping' in step) story.ping('a', step.ping);
          else if (open.length > 0) {
            const [turn] = open.splice(('end' in step ? step.end : step.drop) % open.length, 1);
            if ('end' in step) turn?.end({ fault: step.fault, slow: false });
            else {
              turn?.drop();
              if (turn?.provider.name === 'a') onTrial--;
            }
          }
          if (story.stateOf('a') !== 'on_trial') {
            trials.clear();
            onTrial = 0;
          }
          expect(onTrial).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe('A provider that is held', () => {
  it('gets no turn, neither by a ping nor by time nor out of need, and one that it had is void', () => {
    const story = new Story(pingable('a'), fixed('b'));
    const given = story.rotation.take();
    expect(given?.provider.name).toBe('a');
    story.rotation.hold('a', 'by hand');
    expect(given?.isVoid).toBe(true);
    expect(story.rotation.hasOther(new Set(['b']))).toBe(false);
    story.ping('a', true, true, true);
    story.wait(600_000);
    expect(story.send()).toBe('b');
    story.fail(5);
    expect(story.stateOf('b')).toBe('suspended');
    story.wait(1_000);
    expect(story.send()).toBe('b'); // out of need, although a has rested longer
    given?.end({ slow: false });
    expect(story.stateOf('a')).toBe('held');
    story.rotation.hold('b', 'by hand');
    story.wait(600_000);
    expect(story.send()).toBeUndefined();
  });

  it('earns its trial once it is released, as whoever left does', () => {
    const story = new Story(pingable('a'), fixed('b'));
    story.rotation.hold('a', 'by hand');
    story.rotation.release('a', 'put back');
    expect(story.stateOf('a')).toBe('suspended');
    expect(story.send()).toBe('b');
    story.ping('a', true, true);
    expect([story.send(), story.send(), story.send()]).toEqual(['a', 'a', 'a']);
    expect(story.stateOf('a')).toBe('in_rotation');
    expect(story.changes.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'in_rotation held',
      'held suspended',
      'suspended on_trial',
      'on_trial in_rotation',
    ]);
  });

  it('is told of once, to everybody who watches', () => {
    const story = new Story(fixed('a'), fixed('b'));
    const seen: string[] = [];
    const unwatch = story.rotation.watch(({ provider, to }) => seen.push(`${provider} ${to}`));
    story.rotation.hold('a', 'by hand');
    story.rotation.hold('a', 'for another reason');
    expect(story.rotation.standings()[0]).toMatchObject({ state: 'held', reason: 'for another reason' });
    unwatch();
    story.rotation.release('a', 'put back');
    expect(seen).toEqual(['a held']);
    expect(story.rotation.held()).toEqual([]);
  });
});
