import { setTimeout as sleep } from 'node:timers/promises';

import type { Fleet } from './fleet.js';
import type { History } from './history.js';
import { between, pick, type Random } from './random.js';

export interface Crowd {
  readonly fleet: Fleet;
  readonly history: History;
  readonly random: Random;
  /** The code of a verification, once a text with it has come. */
  readonly codeFor: (id: string, phone: string) => string | undefined;
  readonly isOver: () => boolean;
}

const CLIENTS = 12;
/** As many phones at once; every few hundred milliseconds another joins and the oldest leaves, used up or not. */
const PHONES = 8;
const PHONE_EVERY_MS = 300;
const THINK_MS = [40, 160] as const;
const WRONG = '000000';

/** Clients in closed loops, each asking any process about anybody's verification. Returns when it is over. */
export async function runClients({ fleet, history, random, codeFor, isOver }: Crowd): Promise<void> {
  const begun = performance.now();
  const open: { readonly id: string; readonly phone: string }[] = [];
  const somePhone = () =>
    `+1415555${2000 + Math.floor((performance.now() - begun) / PHONE_EVERY_MS) + Math.floor(random() * PHONES)}`;
  const anyone = () => fleet.at(Math.floor(random() * fleet.size));

  const start = async () => {
    const phone = somePhone();
    const { id, status } = await history.ask(anyone(), 'start', { phone });
    if (status === 201 && id) open.push({ id, phone });
  };
  const check = async (about: { id: string; phone: string }, wish: 'right' | 'wrong', times: number) => {
    const guess = wish === 'right' ? (codeFor(about.id, about.phone) ?? WRONG) : WRONG;
    // At once, each at another process.
    const first = Math.floor(random() * fleet.size);
    const asked = Array.from({ length: times }, (_, place) =>
      history.ask(fleet.at(first + place), 'check', { ...about, guess }),
    );
    await Promise.all(asked);
  };

  const client = async () => {
    while (!isOver()) {
      const about = pick(random, open.slice(-30));
      const dice = random();
      if (!about || dice < 0.35) await start();
      else if (dice < 0.6) await check(about, 'wrong', 1);
      else if (dice < 0.65) await check(about, 'wrong', fleet.size * 2);
      else if (dice < 0.75) await check(about, 'right', fleet.size);
      else if (dice < 0.8) await check(about, 'right', 1);
      else if (dice < 0.95) await history.ask(anyone(), 'resend', about);
      else await history.ask(anyone(), 'cancel', about);
      await sleep(between(random, ...THINK_MS));
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}
