import { Budgets, prefixesOf } from '../../src/fraud/index.js';

const SEC = 1_000;
const MINUTE = 60 * SEC;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Attack {
  readonly name: string;
  readonly everyMs: number;
  readonly lastsMs: number;
  /** Share of codes that the fraudster enters. */
  readonly enters: number;
  readonly next: (n: number, random: () => number) => { readonly line: string; readonly country: string };
}

const digits = (value: number, count: number) => String(Math.floor(value)).padStart(count, '0');
const below = (random: () => number, most: number) => Math.floor(random() * most);
const inRange = (random: () => number, most: number) => ({
  line: `+2327600${digits(below(random, most), 7)}`.slice(0, 15),
  country: 'SL',
});

export const ATTACKS: readonly Attack[] = [
  {
    name: 'sequential, 1/s for 6 h',
    everyMs: SEC,
    lastsMs: 6 * HOUR,
    enters: 0,
    next: (n) => ({ line: `+23276${digits(1_000_000 + n, 7)}`, country: 'SL' }),
  },
  {
    name: 'random in one block of 10 000, 1/s for 1 h',
    everyMs: SEC,
    lastsMs: HOUR,
    enters: 0,
    next: (_, random) => ({ line: `+23276123${digits(below(random, 1e4), 4)}`, country: 'SL' }),
  },
  {
    name: 'random in a range of 1 M, 1/s for 1 h',
    everyMs: SEC,
    lastsMs: HOUR,
    enters: 0,
    next: (_, random) => ({ line: `+232761${digits(below(random, 1e6), 6)}`, country: 'SL' }),
  },
  {
    name: 'slow, 1/min for 48 h in a range of 1 M',
    everyMs: MINUTE,
    lastsMs: 2 * DAY,
    enters: 0,
    next: (_, random) => ({ line: `+232761${digits(below(random, 1e6), 6)}`, country: 'SL' }),
  },
  {
    name: 'random over 10 M, 1/s for 4 h',
    everyMs: SEC,
    lastsMs: 4 * HOUR,
    enters: 0,
    next: (_, random) => inRange(random, 1e7),
  },
  {
    name: '30 ranges in 5 countries, 5/min for 24 h',
    everyMs: 12 * SEC,
    lastsMs: DAY,
    enters: 0,
    next: (_, random) => {
      const country = below(random, 5);
      return { line: `+2${30 + country}7${below(random, 6)}${digits(below(random, 1e6), 6)}`, country: `X${country}` };
    },
  },
  {
    name: 'US over 400 area codes, 1/12 s for 24 h',
    everyMs: 12 * SEC,
    lastsMs: DAY,
    enters: 0,
    next: (_, random) => ({
      line: `+1${201 + below(random, 400)}${200 + below(random, 800)}${digits(below(random, 1e4), 4)}`,
      country: 'US',
    }),
  },
  {
    name: 'random in a range of 1 M, 30 % of codes entered',
    everyMs: 12 * SEC,
    lastsMs: DAY,
    enters: 0.3,
    next: (_, random) => ({ line: `+232761${digits(below(random, 1e6), 6)}`, country: 'SL' }),
  },
  {
    name: 'random in a range of 1 M, 90 % of codes entered',
    everyMs: 12 * SEC,
    lastsMs: DAY,
    enters: 0.9,
    next: (_, random) => ({ line: `+232761${digits(below(random, 1e6), 6)}`, country: 'SL' }),
  },
];

export interface Row {
  readonly attack: string;
  readonly honestADay: number;
  readonly attempts: number;
  readonly sent: number;
  readonly firstHour: number;
  /** Shares of honest attempts. */
  readonly denied: number;
  readonly challenged: number;
}

/** Mulberry32: small, and the same everywhere. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Honest people (75 % enter their code within a minute, half of them have before; GB and US) for `days`, and from the second
 * day on an attack. A challenge is solved by 97 % of people and 10 % of machines.
 */
export function simulate(attack: Attack | undefined, honestADay: number, seed: number, days = 4): Row {
  const random = randomOf(seed);
  const budgets = new Budgets();
  const events: { at: number; attacks: boolean }[] = [];
  for (let at = 0; at < days * DAY; at += (-Math.log(1 - random()) * DAY) / honestADay)
    events.push({ at, attacks: false });
  if (attack) for (let at = DAY; at < DAY + attack.lastsMs; at += attack.everyMs) events.push({ at, attacks: true });
  events.sort((a, b) => a.at - b.at);

  const pending: { at: number; approve: () => void }[] = [];
  const known = new Set<string>();
  const people: string[] = [];
  const row = { attempts: 0, sent: 0, firstHour: 0, honest: 0, denied: 0, challenged: 0 };
  let tripped = 0;
  let n = 0;
  for (const { at, attacks } of events) {
    pending.sort((a, b) => a.at - b.at);
    while (pending[0] && pending[0].at <= at) pending.shift()!.approve();
    for (; tripped + 30 * SEC <= at; tripped += 30 * SEC) budgets.trip(tripped + 30 * SEC);
    const returns = !attacks && people.length > 0 && random() < 0.5;
    const { line, country } = attacks
      ? attack!.next(n++, random)
      : returns
        ? { line: people[below(random, people.length)]!, country: '' }
        : honest(random);
    if (attacks) row.attempts += 1;
    else row.honest += 1;
    if (known.has(line)) {
      if (attacks) row.sent += 1;
      continue;
    }
    const place = country || (line.startsWith('+1') ? 'US' : 'GB');
    const keys = prefixesOf(line, place);
    const { verdict } = budgets.decide(keys, at);
    const passes = verdict === 'allow' || (verdict === 'challenge' && random() < (attacks ? 0.1 : 0.97));
    if (!attacks && verdict === 'deny') row.denied += 1;
    if (!attacks && verdict === 'challenge') row.challenged += 1;
    if (!passes) continue;
    if (attacks) {
      row.sent += 1;
      if (at < DAY + HOUR) row.firstHour += 1;
    }
    const send = budgets.charge(keys, at);
    if (random() >= (attacks ? attack!.enters : 0.75)) continue;
    const approvedAt = at + MINUTE * random();
    pending.push({
      at: approvedAt,
      approve: () => {
        budgets.approve(send, approvedAt);
        known.add(line);
        if (!attacks) people.push(line);
      },
    });
  }
  const { attempts, sent, firstHour } = row;
  return {
    ...{ attack: attack?.name ?? 'none', honestADay, attempts, sent, firstHour },
    ...{ denied: row.denied / row.honest, challenged: row.challenged / row.honest },
  };
}

/** A new person: three in ten from the United States, the others British. */
function honest(random: () => number) {
  if (random() < 0.3) {
    const line = `+1${201 + below(random, 400)}${200 + below(random, 800)}${digits(below(random, 1e4), 4)}`;
    return { line, country: 'US' };
  }
  return { line: `+447${digits(below(random, 1e9), 9)}`, country: 'GB' };
}
