import { setTimeout as sleep } from 'node:timers/promises';

import type { Behaviour, FakeSns, FakeTwilio } from '../../support/index.js';
import type { OwnServer } from '../servers.js';
import type { Fleet } from './fleet.js';
import { between, pick, shuffled, type Random } from './random.js';

const OUTAGE_MS = [2_000, 4_000] as const;
const CALM_MS = 1_500;
const MOOD_MS = [600, 1_800] as const;

/** Everything that happens to servers and processes, once each, in an order and for as long as the seed says. */
export async function torment(fleet: Fleet, stores: readonly OwnServer[], random: Random): Promise<void> {
  const someone = Math.floor(random() * fleet.size);
  const [paused, stopped] = [between(random, ...OUTAGE_MS), between(random, ...OUTAGE_MS)];
  const steps = [
    ...stores.flatMap((store) => [
      async () => {
        store.pause();
        await sleep(paused);
        store.resume();
      },
      async () => {
        await store.stop();
        await sleep(stopped);
        await store.start();
      },
    ]),
    () => fleet.replace(someone, 'SIGKILL'),
    () => fleet.replace(someone + 1, 'SIGTERM'),
  ];
  for (const step of shuffled(random, steps)) {
    await sleep(CALM_MS);
    await step();
  }
  await sleep(CALM_MS);
}

const OK: Behaviour = { kind: 'ok' };
const SLOW: Behaviour = { kind: 'latency', ms: 300 };
const BUSY: Behaviour = { kind: 'reject', code: '20429' };
/** What Twilio and SNS do at the same time. */
const MOODS: readonly (readonly [Behaviour, Behaviour])[] = [
  [OK, OK],
  [SLOW, SLOW],
  [{ kind: 'status', status: 503 }, OK],
  [{ kind: 'accept-then-status', status: 503 }, OK],
  [{ kind: 'accept-then-silence' }, SLOW],
  [{ kind: 'accept-then-reset' }, OK],
  [BUSY, OK],
  [BUSY, { kind: 'reject', code: 'Throttling' }],
  [OK, { kind: 'accept-then-silence' }],
];

/** Providers that are never long the same, until it is over. */
export async function upset(twilio: FakeTwilio, sns: FakeSns, random: Random, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const [byTwilio, bySns] = pick(random, MOODS);
    twilio.behave(byTwilio);
    sns.behave(bySns);
    await sleep(between(random, ...MOOD_MS));
  }
  twilio.heal();
  sns.heal();
}
