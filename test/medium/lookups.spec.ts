import { PhoneNumber } from '../../src/kernel/index.js';
import { SmsService } from '../../src/sms/index.js';
import { TESTS } from '../setup/admin.js';
import { openTestDatabase, type TestDatabase } from '../setup/database.js';
import { startCluster, type Cluster, type Instance } from '../setup/instances.js';
import { FakeLookup } from '../support/index.js';

jest.setTimeout(120_000);

const PHONE = '+14155552671';
const PRICE = 8_000;

let fake: FakeLookup;
let cluster: Cluster;
let one: Instance;
let phones = 0;

async function begin(instances = 1, env = {}, given?: TestDatabase) {
  cluster = await startCluster(
    instances,
    {
      LOOKUP_PROVIDER: 'twilio',
      LOOKUP_BASE_URL: fake.url,
      LOOKUP_TIMEOUT_MS: '5000',
      SMS_PROVIDERS: 'twilio',
      ...env,
    },
    given,
  );
  one = cluster.instances[0];
}
beforeEach(async () => void (fake = await FakeLookup.start()));
afterEach(async () => {
  await cluster.close();
  await fake.close();
  expect(fake.faults).toEqual([]);
});

const newPhone = () => `+1212555${1_000 + phones++}`;
const start = (phone: string, by = one) => by.verifications.start({ phone, purpose: 'verification', channel: 'sms' });
const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'sent',
    (error: { code?: string; reason?: string }) => [error.code, error.reason].filter(Boolean).join(' '),
  );
const rows = (text: string) => cluster.data.database.query<Record<string, unknown>>({ name: '', text }, []);
const texts = () => cluster.twilio.ledger.length;
const held = async () => {
  const [row] = await rows('SELECT coalesce(sum(held_micros), 0)::int AS held FROM spend_days');
  return row!.held;
};
/** What the texts alone hold. */
const heldByTexts = async () => {
  const [row] = await rows(`SELECT coalesce(sum(CASE WHEN is_held THEN reserved_micros ELSE 0 END), 0)::int
    + (SELECT coalesce(sum(cost_micros), 0)::int FROM attempts) AS held FROM messages`);
  return Number(row!.held);
};

describe('a lookup', () => {
  it('refuses by the real line what the number plan would have let through, before any text', async () => {
    await begin();
    const [landline, voip, none] = [newPhone(), newPhone(), newPhone()];
    fake.lines.set(landline, { type: 'landline' });
    fake.lines.set(voip, { type: 'nonFixedVoip', mcc: '313', mnc: '981' });
    fake.lines.set(none, { valid: false });
    expect(await outcomeOf(start(landline))).toBe('DESTINATION_NOT_ALLOWED line_type');
    expect(await outcomeOf(start(voip))).toBe('DESTINATION_NOT_ALLOWED line_type');
    expect(await outcomeOf(start(none))).toBe('DESTINATION_NOT_ALLOWED unreachable_number');
    expect(await outcomeOf(start(newPhone()))).toBe('sent');
    expect(texts()).toBe(1);
  });

  it('lets through what the operator allows', async () => {
    await begin(1, { BLOCKED_LINE_TYPES: 'premium-rate' });
    const voip = newPhone();
    fake.lines.set(voip, { type: 'fixedVoip' });
    expect(await outcomeOf(start(voip))).toBe('sent');
  });

  it('is paid for once a phone, whoever asks, and counts in the budget of the day', async () => {
    await begin(2);
    await start(PHONE);
    await start(PHONE);
    await start('+1 (415) 555-2671', cluster.instances[1]);
    expect(fake.ledger).toHaveLength(1);
    expect(await held()).toBe((await heldByTexts()) + PRICE);
    expect(await rows('SELECT provider, texts, cost_micros::int AS cost FROM spend_erased')).toEqual([
      { provider: 'twilio-lookup', texts: 0, cost: PRICE },
    ]);
  });

  it('hands the network to whoever routes, also on a resend', async () => {
    await begin();
    const plan = jest.spyOn(SmsService.prototype, 'plan');
    const { id } = await start(PHONE);
    await rows(`UPDATE verifications SET next_send_at = now() - interval '1 second'`);
    await one.verifications.resend(id);
    expect(plan.mock.calls.map(([options]) => options.network)).toEqual(['310-260', '310-260']);
    plan.mockRestore();
  });

  it('is asked for anew when it is too old', async () => {
    await begin(1, { LOOKUP_TTL_DAYS: '2' });
    const { lookups } = one;
    await start(PHONE);
    await rows(`UPDATE lookups SET expires_at = expires_at - interval '47 hours'`);
    lookups.forget(PhoneNumber.parse(PHONE));
    await start(PHONE);
    expect(fake.ledger).toHaveLength(1);
    await rows(`UPDATE lookups SET expires_at = expires_at - interval '2 hours'`);
    lookups.forget(PhoneNumber.parse(PHONE));
    await start(PHONE);
    expect(fake.ledger).toHaveLength(2);
  });
});

describe('whoever wants our money spent', () => {
  it('gets one lookup for forty calls at once about one phone', async () => {
    await begin(2);
    await Promise.all(Array.from({ length: 40 }, (_, n) => outcomeOf(start(PHONE, cluster.instances[n % 2]))));
    expect(fake.requests).toBe(1);
    expect(texts()).toBe(5);
  });

  it('gets no lookup for what is refused for nothing', async () => {
    await begin(1, { BLOCKED_COUNTRIES: 'GB' });
    for (const phone of ['+447400123456', '12', '+19005551234', '+88213300655']) await outcomeOf(start(phone));
    expect(fake.requests).toBe(0);
  });

  it('gets no lookup for a phone that may get no text', async () => {
    await begin(1, { SMS_RATE_LIMIT_PER_HOUR: '1' });
    const phone = PhoneNumber.parse(PHONE);
    await start(PHONE);
    await rows('DELETE FROM lookups');
    one.lookups.forget(phone);
    expect(await outcomeOf(start(PHONE))).toBe('RATE_LIMIT_EXCEEDED');
    const out = newPhone();
    await one.optOuts.add(PhoneNumber.parse(out), 'tests');
    expect(await outcomeOf(start(out))).toBe('DESTINATION_NOT_ALLOWED opted_out');
    expect(fake.requests).toBe(1);
  });

  it('gets no lookup where the prefix is blocked', async () => {
    await begin();
    const [a, b] = [newPhone(), newPhone()];
    await start(a);
    await rows(`UPDATE prefix_budgets SET blocked_until = now() + interval '1 hour' WHERE level > 1`);
    const before = await rows('SELECT count(*)::int AS rows FROM prefix_budgets WHERE blocked_until IS NOT NULL');
    if (before[0]!.rows === 0) {
      await one.budgets.settle();
      await rows(`UPDATE prefix_budgets SET blocked_until = now() + interval '1 hour' WHERE level > 1`);
    }
    await start(b);
    expect(fake.ledger.map(({ to }) => to)).toEqual([a]);
  });

  it('gets no more lookups a day than are allowed, by ever new numbers at three instances at once; texts go on', async () => {
    await begin(3, { LOOKUP_PER_DAY: '7', SMS_DAILY_COST_LIMIT: '100' });
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, n) => outcomeOf(start(newPhone(), cluster.instances[n % 3]))),
    );
    expect(fake.requests).toBe(7);
    expect(new Set(outcomes)).toEqual(new Set(['sent']));
    expect(await rows('SELECT asked FROM lookup_days')).toEqual([{ asked: 7 }]);
    expect(await held()).toBe((await heldByTexts()) + 7 * PRICE);
  });

  it('never takes the day beyond its budget: texts and lookups share it', async () => {
    const capMicros = 200_000;
    await begin(3, { SMS_DAILY_COST_LIMIT: '0.20', SMS_COST_SHARE_FOR_KNOWN: '0' });
    await Promise.all(Array.from({ length: 40 }, (_, n) => outcomeOf(start(newPhone(), cluster.instances[n % 3]))));
    expect(Number(await held())).toBeLessThanOrEqual(capMicros);
    expect(fake.ledger.length).toBeGreaterThan(0);
    expect(await held()).toBe((await heldByTexts()) + fake.ledger.length * PRICE);
    const before = fake.ledger.length;
    await rows(`UPDATE spend_days SET held_micros = ${capMicros - 1_000}`);
    expect(await outcomeOf(start(newPhone()))).toBe('COST_LIMIT_REACHED');
    expect(fake.ledger).toHaveLength(before);
  });
});

describe('without an answer', () => {
  it.each([
    ['in time', { kind: 'latency', ms: 9_000 }],
    ['but an error', { kind: 'status', status: 503 }],
    ['but nonsense', { kind: 'html' }],
  ] as const)('%s the text goes out all the same, and soon', async (_, behaviour) => {
    await begin(1, { LOOKUP_TIMEOUT_MS: '300' });
    fake.behave(behaviour);
    const started = performance.now();
    expect(await outcomeOf(start(PHONE))).toBe('sent');
    expect(performance.now() - started).toBeLessThan(2_500);
    // It may be on the bill, and nobody asks again at once.
    expect(await held()).toBe((await heldByTexts()) + PRICE);
    await start(PHONE);
    expect(fake.requests).toBe(1);
  });

  it('is paid nothing where nobody was asked for sure', async () => {
    await begin();
    fake.behave({ kind: 'status', status: 429 });
    expect(await outcomeOf(start(PHONE))).toBe('sent');
    expect(await held()).toBe(await heldByTexts());
    expect(await rows('SELECT sum(cost_micros)::int AS cost FROM spend_erased')).toEqual([{ cost: 0 }]);
  });

  it('five times in a row nobody is asked for a while', async () => {
    await begin();
    fake.behave({ kind: 'status', status: 503 });
    for (let n = 0; n < 12; n++) expect(await outcomeOf(start(newPhone()))).toBe('sent');
    expect(fake.requests).toBe(5);
  });

  it('no text goes out if the operator wants one', async () => {
    await begin(1, { LOOKUP_REQUIRED: 'true', LOOKUP_TIMEOUT_MS: '300' });
    fake.behave({ kind: 'status', status: 503 });
    expect(await outcomeOf(start(PHONE))).toBe('LOOKUP_UNAVAILABLE');
    expect(texts()).toBe(0);
    expect(await rows('SELECT 1 FROM verifications')).toEqual([]);
  });

  it('texts go on while what was found out cannot be read or kept', async () => {
    await begin();
    for (const name of ['known_lookup', 'begin_lookup', 'end_lookup', 'fail_lookup']) {
      one.database.lost.add(name);
      expect(await outcomeOf(start(newPhone()))).toBe('sent');
      one.database.lost.clear();
    }
  });
});

describe('lookups that are off', () => {
  it.each([{ LOOKUP_PROVIDER: 'none' }, { SMS_SIMULATION_MODE: 'true' }])('add nothing to a start: %j', async (env) => {
    await begin(1, env);
    one.database.statements.length = 0;
    await start(PHONE);
    expect(one.database.statements.filter((name) => name.includes('lookup'))).toEqual([]);
    expect(one.database.statements.filter((name) => /start|record/.test(name))).toHaveLength(2);
    expect(fake.requests).toBe(0);
  });
});

describe('a person', () => {
  const whose = PhoneNumber.parse(PHONE);

  it('is told what was found out, and can have it erased', async () => {
    await begin();
    await start(PHONE);
    const shown = JSON.stringify(await one.privacy.export(whose, TESTS));
    expect(shown).toContain('"network":"310-260"');
    expect(shown).not.toContain('4155552671');
    await one.privacy.erase(whose, { optOut: false }, TESTS);
    expect(await rows('SELECT 1 FROM lookups')).toEqual([]);
    expect(await one.lookups.known(whose)).toBeUndefined();
  });

  it('is forgotten when the answer is too old', async () => {
    await begin();
    await start(PHONE);
    await rows(`UPDATE lookups SET expires_at = now() - interval '1 second'`);
    await one.retention.run();
    expect(await rows('SELECT 1 FROM lookups')).toEqual([]);
  });

  it('is looked up no second time after the secret was changed', async () => {
    const data = await openTestDatabase();
    try {
      await begin(1, { APP_SECRET: 'the former secret of more than 32 bytes' }, data);
      await start(PHONE);
      await cluster.close();
      const secrets = { APP_SECRET_PREVIOUS: 'the former secret of more than 32 bytes' };
      await begin(1, { APP_SECRET: 'the present secret of more than 32 bytes', ...secrets }, data);
      await start(PHONE);
      expect(fake.ledger).toHaveLength(1);
      const versions = () => rows('SELECT DISTINCT key_version FROM lookups');
      const before = await versions();
      await one.privacy.reseal(false);
      expect(await versions()).not.toEqual(before);
      one.lookups.forget(whose);
      expect(await one.lookups.known(whose)).toMatchObject({ network: '310-260' });
      expect(fake.ledger).toHaveLength(1);
    } finally {
      await cluster.close();
      await data.drop();
    }
  });
});
