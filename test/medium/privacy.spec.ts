import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';

import { KeyRing, lookupKeysOf, PhoneNumber, type Source } from '../../src/kernel/index.js';
import type { Resealed } from '../../src/kernel/index.js';
import type { StartRequest } from '../../src/verification/index.js';
import { TESTS } from '../setup/admin.js';
import { serverUrl } from '../setup/database.js';
import { dumpOf, tracesOf } from '../setup/dump.js';
import { codeIn, startCluster, type Cluster, type Instance } from '../setup/instances.js';
import { onRedis, openTestRedis, type TestRedis } from '../setup/redis.js';

const PHONE = '+14155552671';
const ROOMS = [
  'verifications',
  'messages',
  'batches',
  'answers',
  'users',
  'webhooks',
  'decisions',
  'audit',
  'spend',
  'analytics',
  'sender_blocks',
  'lookups',
  'provider_changes',
  'limits',
];
const NOTHING = Object.fromEntries(ROOMS.map((room) => [room, 0]));
const DAY_SECS = 86_400;
const OLD = 'the former test secret of more than 32 bytes';
const NEW = 'the present test secret of more than 32 bytes';
const ROTATED = { APP_SECRET: NEW, APP_SECRET_PREVIOUS: OLD };
const OWN = { WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8' };
const ENOUGH = { ...OWN, SMS_RATE_LIMIT_PER_HOUR: '100', SMS_RATE_LIMIT_PER_DAY: '100' };
const phone = PhoneNumber.parse(PHONE);
const request = (to = PHONE): StartRequest => ({ phone: to, purpose: 'verification', channel: 'sms' });
const wrongFor = (code: string) => String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');
const outcomeOf = <T>(work: Promise<T>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code?: string; message?: string }) => error.code ?? `a bug: ${error.message}`,
  );

let cluster: Cluster;
let one: Instance;
const clusters: Cluster[] = [];
async function begin(count: number, env: Source = {}, on?: Cluster): Promise<Cluster> {
  cluster = await startCluster(count, { APP_SECRET: OLD, ...env }, on?.data);
  clusters.push(cluster);
  one = cluster.instances[0];
  return cluster;
}
afterEach(async () => {
  for (const each of clusters.splice(0).reverse()) await each.close();
});

const rows = <Row extends object>(text: string) => cluster.data.database.query<Row>({ name: '', text }, []);
const texts = () => [...cluster.twilio.ledger, ...cluster.sns.ledger];
const KEYS = [
  lookupKeysOf(new KeyRing(OLD), phone),
  lookupKeysOf(new KeyRing(NEW), phone),
  lookupKeysOf(new KeyRing('a test secret of more than 32 bytes'), phone),
].flat();
const sealedNow = async () =>
  (await rows<{ phone_sealed: Uint8Array }>('SELECT phone_sealed FROM messages')).map(
    ({ phone_sealed }) => phone_sealed,
  );
const traces = async (sealed: readonly Uint8Array[] = []) =>
  tracesOf(await dumpOf(cluster.data.database), PHONE, [...KEYS, ...sealed]);
const erase = (instance = one, optOut = false) => instance.privacy.erase(phone, { optOut }, TESTS);
async function started(to = PHONE, instance = one) {
  const { id } = await instance.verifications.start(request(to));
  return { id, code: codeIn(texts().findLast((text) => text.to === to)?.body) };
}

/** A user of the phone, as a login by that verification leaves one; under the secret that the key is from. */
async function login(verification: string, keys = new KeyRing(NEW), to = phone, user = crypto.randomUUID()) {
  const key = keys.lookupKey('phone', to.line);
  const { version, data } = keys.seal(to.e164, key);
  const values = [
    verification,
    key,
    null,
    data,
    version,
    user,
    crypto.randomUUID(),
    null,
    Buffer.from(user),
    9e6,
    9e6,
    null,
  ];
  const text = `SELECT * FROM sign_in(${values.map((_, index) => `$${index + 1}`).join(', ')})`;
  await cluster.data.database.query({ name: '', text: `INSERT INTO address_phones VALUES ($1, $2, now())` }, [
    Buffer.from(user),
    key,
  ]);
  const [row] = await cluster.data.database.query<{ user_id: string | null }>({ name: '', text }, values);
  return row!.user_id;
}

describe('a number that is erased', () => {
  it('leaves no trace in any table, and nothing to erase again', async () => {
    await begin(1);
    const { id, code } = await started();
    await one.verifications.check(id, wrongFor(code), 'tests');
    await one.verifications.check(id, code, 'tests', null, { id: crypto.randomUUID(), isRepeat: false });
    await started('+14155552672');
    const sealed = await sealedNow();
    expect((await traces(sealed)).length).toBeGreaterThan(3); // the judge sees what is there
    expect(await erase()).toEqual({ erased: { ...NOTHING, verifications: 3, limits: 2 } });
    const ofPhone = sealed.slice(0, 1);
    expect(await traces(ofPhone)).toEqual([]);
    expect(await erase()).toEqual({ erased: NOTHING });
    expect(await rows('SELECT id FROM verifications')).toHaveLength(1);
  });

  it('under the former secret, too, wherever it stands meanwhile', async () => {
    const before = await begin(1, ENOUGH);
    const { id, code } = await started();
    await one.verifications.check(id, wrongFor(code), 'tests');
    const sealed = await sealedNow();
    await begin(1, { ...ENOUGH, ...ROTATED }, before);
    await started(); // adopts
    expect(await traces()).not.toEqual([]);
    expect((await erase()).erased).toMatchObject({ verifications: 6, limits: 3 });
    expect(await traces([...sealed, ...(await sealedNow())])).toEqual([]);
  });

  it('gets no text that was queued', async () => {
    await begin(2);
    cluster.twilio.behave({ kind: 'reject', code: '20429' });
    cluster.sns.behave({ kind: 'reject', code: 'Throttling' });
    expect(await one.verifications.start(request())).toMatchObject({ delivery: 'queued' });
    await erase();
    cluster.twilio.heal();
    cluster.sns.heal();
    await cluster.data.age(60);
    await Promise.all(cluster.instances.map(({ outbox }) => outbox.run()));
    expect(texts()).toEqual([]);
  });

  it('gets no text that a queue was about to send, nor one from a second provider', async () => {
    await begin(2);
    cluster.twilio.behave({ kind: 'reject', code: '20429' });
    one.database.before.set('fail_over', () => erase(cluster.instances[1]));
    await outcomeOf(one.verifications.start(request()));
    expect(texts()).toEqual([]);

    cluster.sns.behave({ kind: 'reject', code: 'Throttling' });
    await one.verifications.start(request()).catch(() => undefined);
    cluster.twilio.heal();
    cluster.sns.heal();
    one.database.before.set('begin_attempt', () => erase(cluster.instances[1]));
    await cluster.data.age(60);
    await one.outbox.run();
    expect(texts()).toEqual([]);
    expect(await traces()).toEqual([]);
  });

  it.each(['record_dispatch', 'count_guess', 'approve'])(
    'while %s was about to run comes back by nothing',
    async (name) => {
      await begin(2);
      const begun = name === 'record_dispatch' ? undefined : await started();
      one.database.before.set(name, () => erase(cluster.instances[1]));
      if (begun)
        expect(await outcomeOf(one.verifications.check(begun.id, begun.code, 'tests'))).toBe('VERIFICATION_NOT_FOUND');
      else expect(await outcomeOf(one.verifications.start(request()))).toBe('done');
      expect(await traces()).toEqual([]);
    },
  );

  it('and whose provider said meanwhile that it opted out is no fault', async () => {
    await begin(2);
    cluster.twilio.behave({ kind: 'reject', code: '21610' });
    one.database.before.set('record_dispatch_in_full', () => erase(cluster.instances[1]));
    expect(await outcomeOf(one.verifications.start(request()))).toBe('DESTINATION_NOT_ALLOWED');
    expect(await traces()).toEqual([]);
  });

  it('makes a late report one about no text of ours', async () => {
    await begin(1);
    await started();
    const [attempt] = await rows<{ id: string; provider_message_id: string }>(
      'SELECT id, provider_message_id FROM attempts',
    );
    await erase();
    const known = await one.reports.record('twilio', {
      attemptId: attempt!.id,
      providerMessageId: attempt!.provider_message_id,
      phone: PHONE,
      status: 'delivered',
    });
    expect(known).toBe(false);
    expect(await traces()).toEqual([]);
  });

  it('goes in parallel to all that can be done with it, without a fault and without a deadlock', async () => {
    await begin(3, ENOUGH);
    const anyone = (index: number) => cluster.instances[index % 3]!;
    const outcomes: string[] = [];
    for (let round = 0; round < 6; round++) {
      if (round % 2 === 1) cluster.twilio.behave({ kind: 'reject', code: '20429' }, 4);
      const ids = (
        await Promise.all(
          [0, 1, 2].map((index) =>
            anyone(index)
              .verifications.start(request())
              .catch(() => undefined),
          ),
        )
      ).flatMap((state) => (state ? [state.id] : []));
      await cluster.data.age(31);
      const attempts = await rows<{ id: string }>('SELECT id FROM attempts');
      const work = [
        ...ids.flatMap((id, index) => [
          () => anyone(index).verifications.resend(id),
          () => anyone(index + 1).verifications.check(id, '000000', 'tests'),
          () => anyone(index + 2).verifications.cancel(id),
        ]),
        ...attempts.map(
          ({ id }, index) =>
            () =>
              anyone(index).reports.record('twilio', {
                attemptId: id,
                status: index % 2 ? 'delivered' : 'failed',
                curable: true,
              }),
        ),
        ...[0, 1, 2].map((index) => () => anyone(index).outbox.run()),
        ...[0, 1, 2].map((index) => () => anyone(index).verifications.start(request())),
        ...[0, 1, 2].map((index) => () => erase(anyone(index))),
      ];
      outcomes.push(...(await Promise.all(work.map((each) => outcomeOf<unknown>(each())))));
    }
    const expected =
      /^(done|VERIFICATION_NOT_FOUND|VERIFICATION_EXPIRED|RATE_LIMIT_EXCEEDED|TOO_MANY_CHECKS|DELIVERY_UNAVAILABLE)$/;
    expect(outcomes.filter((outcome) => !expected.test(outcome))).toEqual([]);
    await erase();
    expect(await traces()).toEqual([]);
    const sent = texts().length;
    await cluster.data.age(60);
    await Promise.all(cluster.instances.map(({ outbox }) => outbox.run()));
    expect(texts()).toHaveLength(sent);
  });

  // As whoever writes down a failure, a resend, an adopted phone or a guess does, in whichever order.
  it.each([
    ['messages', 'verifications'],
    ['verifications', 'messages'],
    ['limit_windows', 'phone_aliases'],
    ['phones', 'limit_windows'],
    ['opt_outs', 'messages'],
    ['webhook_deliveries', 'webhook_events'],
    ['webhook_events', 'verifications'],
    ['send_decisions', 'verifications'],
    ['users', 'sessions'],
    ['sessions', 'users'],
    ['address_phones', 'users'],
  ])("waits for who holds %s and then wants %s, and is in nobody's way", async (first, then) => {
    if (!serverUrl) return; // the embedded database runs one transaction at a time
    const before = await begin(1, ENOUGH);
    await started();
    await begin(1, { ...ENOUGH, ...ROTATED }, before);
    const { id, code } = await started();
    await one.verifications.check(id, wrongFor(code), 'tests');
    await one.optOuts.add(phone, 'twilio');
    await login(id);
    await one.webhooks.create({ url: 'http://127.0.0.1:4999/' }, TESTS);
    await one.verifications.check(id, code, 'tests');
    expect(await rows('SELECT id FROM webhook_deliveries')).not.toEqual([]);
    const client = new Client({ connectionString: cluster.data.url });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query(`SELECT 1 FROM ${first} FOR UPDATE`);
      const erased = erase(one, true);
      await sleep(300);
      await client.query(`SELECT 1 FROM ${then} FOR UPDATE`);
      await sleep(100);
      await client.query('COMMIT');
      expect((await erased).erased).toMatchObject({ verifications: expect.any(Number) });
    } finally {
      await client.end();
    }
    expect(await traces()).toEqual([]);
  });

  it('is erased by the next call where the database was lost in between', async () => {
    await begin(1);
    await started();
    one.database.lost.add('erase_phone');
    expect(await outcomeOf(erase())).toBe('DATABASE_UNAVAILABLE');
    one.database.lost.clear();
    await erase();
    expect(await traces()).toEqual([]);
  });

  it('still gets no texts if it asked for none, unless that is to be forgotten, too', async () => {
    await begin(1);
    await started();
    await one.optOuts.add(phone, 'twilio');
    await erase();
    expect(await outcomeOf(one.verifications.start(request()))).toBe('DESTINATION_NOT_ALLOWED');
    const kept = await traces();
    expect(kept).toEqual([expect.stringMatching(/^opt_outs .*"phone_sealed": null/)]);
    expect((await erase(one, true)).erased).toMatchObject({ messages: 1 });
    expect(await traces()).toEqual([]);
    expect(await outcomeOf(one.verifications.start(request()))).toBe('done');
  });
});

describe('what is kept about a number', () => {
  it('is shown without a code, a key or the whole number', async () => {
    await begin(1);
    const { id, code } = await started();
    await one.verifications.check(id, wrongFor(code), 'tests');
    await one.optOuts.add(phone, 'twilio');
    const shown = await one.privacy.export(phone, TESTS);
    expect(JSON.parse(JSON.stringify(shown))).toMatchObject({
      phone: '+******2671',
      data: {
        verifications: [
          {
            id,
            status: 'pending',
            checks: 1,
            messages: [{ status: 'accepted', attempts: [{ provider: 'twilio', outcome: 'accepted' }] }],
          },
        ],
        messages: { texts: [], optOut: { source: 'twilio' } },
        limits: {
          sends: [{ remaining: 4 }, { remaining: 19 }],
          wrongGuesses: [expect.any(String)],
          wrongInARow: 1,
          approvedAt: null,
        },
      },
    });
    const text = JSON.stringify(shown);
    for (const secret of [code, PHONE, PHONE.slice(1), ...KEYS.map((key) => key.toString('hex'))]) {
      expect(text.includes(secret)).toBe(false);
    }
  });
});

describe('what is too old', () => {
  const later = async (secs: number) => {
    await cluster.data.age(secs);
    return Promise.all(cluster.instances.map(({ retention }) => retention.run()));
  };

  it('goes after 30 days, by one of the instances, and nothing before', async () => {
    await begin(3);
    const { id, code } = await started();
    await one.verifications.check(id, code, 'tests');
    const other = await started('+14155552672');
    await one.verifications.check(other.id, wrongFor(other.code), 'tests');
    expect((await later(29 * DAY_SECS)).filter(Boolean)).toEqual([
      expect.objectContaining({ verifications: 0, limits: 2 }),
    ]);
    expect(await rows('SELECT id FROM verifications')).toHaveLength(2);
    const young = await started('+14155552673');
    expect((await later(2 * DAY_SECS)).filter(Boolean)).toEqual([expect.objectContaining({ verifications: 2 })]);
    expect(await rows('SELECT id FROM verifications')).toEqual([{ id: young.id }]);
    expect(await rows('SELECT id FROM messages')).toHaveLength(1);
    expect(await rows('SELECT id FROM attempts')).toHaveLength(1);
    // Approved once, and wrong guesses in a row, of which the limit still needs to know.
    expect(await rows('SELECT wrong_in_a_row FROM phones ORDER BY 1')).toEqual([
      { wrong_in_a_row: 0 },
      { wrong_in_a_row: 1 },
    ]);
    await later(60 * DAY_SECS);
    expect(await rows('SELECT wrong_in_a_row FROM phones')).toEqual([{ wrong_in_a_row: 1 }]);
    expect(await rows('SELECT key FROM limit_windows')).toEqual([]);
  });

  it('is left alone while it is alive, however long it is kept otherwise', async () => {
    await begin(1, { RETENTION_DAYS: '1', VERIFICATION_TTL_SECS: '600' });
    const { id, code } = await started();
    await rows(`UPDATE verifications SET created_at = created_at - interval '3 days'`);
    await later(0);
    expect(await one.verifications.check(id, code, 'tests')).toMatchObject({ valid: true });
    for (let texts = 0; texts < 3; texts++) await started('+14155552672');
    await later(DAY_SECS - 600);
    // A window still counts what it held before.
    expect((await one.limits.show(PhoneNumber.parse('+14155552672'))).sends).toMatchObject([
      { remaining: 5 },
      { remaining: 17 },
    ]);
  });

  it('goes a batch at a time, all of it', async () => {
    await begin(1);
    const { id } = await started();
    await rows(`INSERT INTO verifications SELECT (jsonb_populate_record(v, jsonb_build_object('id', gen_random_uuid()))).*
      FROM verifications AS v, generate_series(1, 2500)`);
    await rows(`INSERT INTO messages SELECT (jsonb_populate_record(m, jsonb_build_object('id', gen_random_uuid(), 'verification_id', v.id))).*
      FROM messages AS m, verifications AS v WHERE v.id <> '${id}'`);
    expect(await later(31 * DAY_SECS)).toEqual([expect.objectContaining({ verifications: 2501 })]);
    const rest = (await dumpOf(cluster.data.database)).filter(
      (line) => !/^(job_leases|send_decisions|prefix_budgets|spend_days) /.test(line),
    );
    expect(rest).toEqual([]);
  });

  it('keeps an opt-out, with the number sealed so that it outlives the secret', async () => {
    const before = await begin(1);
    await started();
    await one.optOuts.add(phone, 'twilio');
    await later(31 * DAY_SECS);
    expect(await rows('SELECT id FROM verifications')).toEqual([]);
    const during = await begin(1, ROTATED, before);
    expect(await one.privacy.reseal(false)).toMatchObject({ done: 1, left: 0, stranded: 0 });
    await begin(1, { APP_SECRET: NEW }, during);
    expect(await outcomeOf(one.verifications.start(request()))).toBe('DESTINATION_NOT_ALLOWED');
    await erase();
    expect(await traces()).toEqual([expect.stringMatching(/^opt_outs .*"phone_sealed": null/)]);
  });
});

/** A number that is locked out, one that opted out, one with texts and an approval, and one with a verification that is open. */
const OPTED_OUT = '+14155552672';
const APPROVED = '+14155552673';
const OPEN = '+14155552674';
async function livedThrough() {
  for (let times = 0; times < 2; times++) {
    const { id, code } = await started();
    for (let guess = 0; guess < 5; guess++) await one.verifications.check(id, wrongFor(code), 'tests');
  }
  const optedOut = await started(OPTED_OUT);
  await one.optOuts.add(PhoneNumber.parse(OPTED_OUT), 'twilio');
  const approved = await started(APPROVED);
  await one.verifications.check(approved.id, approved.code, 'tests');
  await rows(`UPDATE verifications SET expires_at = clock_timestamp() - interval '1 second'`);
  return { optedOut, approved, open: await started(OPEN) };
}

async function seemsTheSame({ approved }: Awaited<ReturnType<typeof livedThrough>>) {
  expect(await outcomeOf(one.verifications.start(request()))).toBe('TOO_MANY_CHECKS');
  expect(await outcomeOf(one.verifications.start(request(OPTED_OUT)))).toBe('DESTINATION_NOT_ALLOWED');
  expect(await one.verifications.get(approved.id)).toMatchObject({
    status: 'approved',
    phone: '+******2673',
    sendsLeft: 4,
  });
  const state = await one.limits.show(PhoneNumber.parse(APPROVED));
  expect(state).toMatchObject({ sends: [{ remaining: 4 }, {}], guesses: { approvedAt: expect.any(Date) } });
}

const usersNow = () =>
  rows<{ id: string; key_version: number }>('SELECT id, key_version FROM users ORDER BY created_at');

describe('what is too old in other rooms', () => {
  const FILL = `
    INSERT INTO admin_audit (at, who, act) VALUES (now() - interval ':days', 'tests', 'old');
    INSERT INTO admin_sessions VALUES (gen_random_uuid(), sha256(random()::text::bytea), '', now(), now(), now() + interval '400 days' - interval ':days');
    INSERT INTO spend_days VALUES (utc_day(now() - interval ':days'), 1);
    INSERT INTO spend_hours VALUES (now() - interval ':days', 1, 1, 1, 1, now());
    INSERT INTO spend_erased VALUES (utc_day(now() - interval ':days'), now() - interval ':days', 'twilio', 'US', 1, 1);
    INSERT INTO send_decisions (id, at, country, keys, mode, verdict, refused) VALUES (gen_random_uuid(), now() - interval ':days', 'US', '{}', 'record', 'deny', true);
    INSERT INTO prefix_budgets (key, level, country, tokens, at) VALUES (sha256(random()::text::bytea), 1, 'US', 1, now() - interval ':days');
    INSERT INTO prefix_budgets (key, level, country, tokens, at, blocked_until) VALUES (sha256(random()::text::bytea), 2, 'US', 1, now() - interval ':days', now())`;
  const fill = async (days: number) => {
    for (const text of FILL.replaceAll(':days', `${days} days`).split(';')) await rows(text);
  };
  const TABLES = [
    'admin_audit',
    'admin_sessions',
    'spend_days',
    'spend_hours',
    'spend_erased',
    'send_decisions',
    'prefix_budgets',
  ];
  const counts = async () => Promise.all(TABLES.map(async (table) => (await rows(`SELECT 1 FROM ${table}`)).length));

  it('goes after as long as each says, and not before', async () => {
    await begin(1);
    for (const days of [89, 91, 399, 402]) await fill(days);
    await rows(`INSERT INTO users VALUES (gen_random_uuid(), '\\x01', '\\x01', 1, now() - interval '5 years')`);
    await rows(`INSERT INTO sessions SELECT gen_random_uuid(), id, NULL, now(), now(), now(), now() + secs * interval '1 second'
      FROM users, unnest(ARRAY[-1, 60]) AS secs`);
    await rows(`INSERT INTO refresh_tokens SELECT sha256(id::text::bytea), id FROM sessions`);
    await rows(
      `INSERT INTO step_ups SELECT gen_random_uuid(), id, 'pay', NULL, expires_at FROM sessions WHERE expires_at > now()`,
    );
    await rows(
      `INSERT INTO step_ups SELECT gen_random_uuid(), id, 'pay', NULL, now() FROM sessions WHERE expires_at > now()`,
    );
    await rows(
      `INSERT INTO address_phones SELECT '\\x01', sha256(n::text::bytea), now() - n * interval '40 minutes' FROM generate_series(1, 2) AS n`,
    );
    expect(await one.retention.run()).toMatchObject({ audit: 2, spend: 3, decisions: 6, users: 3 });
    expect(await counts()).toEqual([3, 3, 3, 3, 3, 1, 5]);
    const left = await rows(
      'SELECT 1 FROM users UNION ALL SELECT 2 FROM refresh_tokens UNION ALL SELECT 3 FROM step_ups UNION ALL SELECT 4 FROM address_phones',
    );
    expect(left).toHaveLength(4);
    expect(await one.metrics.text()).toMatch(/sixdigit_purged_rows_total\{room="decisions"\} 6/);
  });

  it('goes with the texts that it was about, where those are kept for less', async () => {
    await begin(1, { ...OWN, RETENTION_DAYS: '1' });
    await one.webhooks.create({ url: 'http://127.0.0.1:4999/' }, TESTS);
    await started();
    expect(await rows('SELECT id FROM webhook_events')).toHaveLength(1);
    await cluster.data.age(2 * DAY_SECS);
    await one.retention.run();
    expect(await rows('SELECT id FROM webhook_events')).toEqual([]);
    expect(await rows('SELECT id FROM webhook_deliveries')).toEqual([]);
  });
});

describe('what operators did', () => {
  it('is written down, and with no number in it', async () => {
    await begin(1, OWN);
    const { id } = await one.webhooks.create({ url: 'http://127.0.0.1:4999/' }, TESTS);
    await one.webhooks.change(id, { disabled: true }, TESTS);
    await one.webhooks.rotateSecret(id, TESTS);
    await one.webhooks.remove(id, TESTS);
    await one.office.unblock({ country: 'us' }, TESTS);
    await one.office.unblock({ phone }, TESTS);
    await one.privacy.export(phone, TESTS);
    await erase();
    expect(await rows('SELECT who, act, subject FROM admin_audit ORDER BY id')).toEqual(
      [
        ...['create', 'change', 'rotate', 'delete'].map((act) => [`webhook.${act}`, id]),
        ...[
          ['fraud.unblock', 'US'],
          ['fraud.unblock', null],
          ['phone.export', null],
          ['phone.erase', null],
        ],
      ].map(([act, subject]) => ({ who: 'tests', act, subject })),
    );
    expect(await traces()).toEqual([]);
  });

  it('is not done when it cannot be written down', async () => {
    await begin(1);
    await started();
    one.database.lost.add('write_admin_audit');
    expect(await outcomeOf(erase())).toBe('DATABASE_UNAVAILABLE');
    expect(await rows('SELECT id FROM verifications')).toHaveLength(1);
  });
});

describe('users, after another secret was set', () => {
  it('are brought under it, by as many as do so at once, and erased wherever they stand', async () => {
    const before = await begin(1, ENOUGH);
    const { id } = await started();
    const others = await Promise.all(
      [1, 2, 3].map((n) => login(id, new KeyRing(OLD), PhoneNumber.parse(`+1415555300${n}`))),
    );
    const user = await login(id, new KeyRing(OLD));
    await begin(2, { ...ENOUGH, ...ROTATED }, before);
    await rows(`UPDATE verifications SET expires_at = clock_timestamp() - interval '1 second'`);
    one.database.lost.add('reseal_user');
    expect(await outcomeOf(one.privacy.reseal(false))).toBe('DATABASE_UNAVAILABLE');
    one.database.lost.clear();
    const both = await Promise.all(cluster.instances.map(({ privacy }) => privacy.reseal(false)));
    expect(both.reduce((sum, { done }) => sum + done, 0)).toBe(4);
    expect(both.at(-1)).toMatchObject({ left: 0 });
    expect((await usersNow()).map(({ id, key_version }) => [id, key_version]).sort()).toEqual(
      [...others, user].map((id) => [id, new KeyRing(NEW).version]).sort(),
    );
    expect((await erase()).erased).toMatchObject({ users: 3 });
    expect(await usersNow()).toHaveLength(3);
    expect(await traces()).toEqual([]);
  });

  it('keep the former secret needed as long as one is under it', async () => {
    const before = await begin(1);
    await login((await started()).id, new KeyRing(OLD));
    await rows('DELETE FROM verifications');
    await begin(1, ROTATED, before);
    const locked = one.database.before;
    locked.set('former_users', () => rows('UPDATE users SET key_version = 1'));
    locked.set('users_left', () => rows(`UPDATE users SET key_version = ${new KeyRing(OLD).version}`));
    expect(await one.privacy.reseal(false)).toMatchObject({ left: 1, until: null });
    locked.clear();
    await rows('UPDATE users SET key_version = 1');
    expect(await one.privacy.reseal(false)).toMatchObject({ left: 0, unreadable: 1 });
  });

  it('are one where there were two for a number, the first, with the sessions of both', async () => {
    const before = await begin(1);
    const { id } = await started();
    const [first, second] = [await login(id, new KeyRing(OLD)), await login(id, new KeyRing(NEW))];
    expect(second).not.toBe(first);
    await begin(1, ROTATED, before);
    await one.privacy.reseal(false);
    expect(await usersNow()).toEqual([{ id: first, key_version: new KeyRing(NEW).version }]);
    expect(await rows(`SELECT 1 FROM sessions WHERE user_id = '${first}'`)).toHaveLength(2);
  });

  it('do not come back by a login whose verification was erased', async () => {
    await begin(1);
    const { id } = await started();
    await erase();
    expect(await login(id)).toBeNull();
    expect(await usersNow()).toEqual([]);
  });
});

/** Asked before anything adopts the number: what counts by it lies under the former secret alone, or under both. */
async function isShownUnderBoth(env: Source = {}): Promise<void> {
  const before = await begin(1, { ...ENOUGH, ...env });
  const { id, code } = await started();
  await one.verifications.check(id, wrongFor(code), 'tests');
  await begin(1, { ...ENOUGH, ...env, ...ROTATED }, before);
  const shown = async () => {
    const { sends, guesses } = await one.limits.show(phone);
    const { data } = await one.privacy.export(phone, TESTS);
    expect(data['limits']).toMatchObject({
      sends,
      wrongGuesses: guesses.wrongGuesses,
      wrongInARow: guesses.wrongInARow,
    });
    return [sends[0]?.remaining, guesses.wrongGuesses.length, guesses.wrongInARow, guesses.left];
  };
  expect(await shown()).toEqual([99, 1, 1, 9]);
  expect(await shown()).toEqual([99, 1, 1, 9]); // looking moves nothing
  const again = await started(); // adopts
  expect(await shown()).toEqual([98, 1, 1, 9]);
  await one.verifications.check(again.id, wrongFor(again.code), 'tests');
  // An instance that knows no other secret than the former one still counts under that.
  await begin(1, { ...ENOUGH, ...env, APP_SECRET: OLD }, before);
  await rows('DELETE FROM phone_aliases');
  const last = await started();
  await one.verifications.check(last.id, wrongFor(last.code), 'tests');
  await begin(1, { ...ENOUGH, ...env, ...ROTATED }, before);
  expect(await shown()).toEqual([97, 3, 3, 7]);
}

describe('after another secret was set', () => {
  it('what counts by a number is shown, under whichever secret it is', () => isShownUnderBoth());

  it('nothing is lost when all is brought under it and the former one is dropped', async () => {
    const before = await begin(1);
    const lived = await livedThrough();
    const during = await begin(2, ROTATED, before);
    const told: Resealed[] = [];
    const first = await one.privacy.reseal(false, (progress) => told.push(progress));
    expect(first).toMatchObject({ done: 4, left: 1, unreadable: 0 });
    expect(first.until?.getTime()).toBeGreaterThan(Date.now());
    expect(told.length).toBeGreaterThan(0);
    // The open one goes on under the secret that its code is from.
    await cluster.data.age(31);
    expect(await outcomeOf(one.verifications.resend(lived.open.id))).toBe('done');
    expect(codeIn(texts().at(-1)?.body)).toBe(lived.open.code);
    expect(await one.verifications.check(lived.open.id, lived.open.code, 'tests')).toMatchObject({ valid: true });
    expect(await one.privacy.reseal(false)).toMatchObject({ done: 1, left: 0, stranded: 0 });
    expect(await one.privacy.reseal(false)).toMatchObject({ done: 0, left: 0 });
    const old = [PHONE, OPTED_OUT, APPROVED, OPEN].map(
      (e164) => lookupKeysOf(new KeyRing(OLD), PhoneNumber.parse(e164))[0]!,
    );
    const under = tracesOf(await dumpOf(cluster.data.database), '+10000000000', old);
    expect(under.filter((line) => !line.startsWith('phone_aliases '))).toEqual([]);
    await begin(1, { APP_SECRET: NEW }, during);
    await seemsTheSame(lived);
  });

  it('nothing is lost either when every instance knew the new one before it was used', async () => {
    const before = await begin(1);
    const lived = await livedThrough();
    const aware = await begin(1, { APP_SECRET_PREVIOUS: NEW }, before);
    await outcomeOf(one.verifications.start(request()));
    await outcomeOf(one.verifications.start(request(OPTED_OUT)));
    await one.verifications.cancel(lived.open.id);
    await cluster.data.age(31 * DAY_SECS);
    await one.retention.run(); // from now on only the opt-out itself tells its number
    await cluster.data.age(-31 * DAY_SECS);
    const { id, code } = await started(APPROVED);
    await one.verifications.check(id, code, 'tests');
    await rows(
      `UPDATE phones SET wrong_guesses = ARRAY[clock_timestamp()], wrong_in_a_row = 100 WHERE wrong_in_a_row > 0`,
    );
    const during = await begin(1, ROTATED, aware);
    expect(await one.privacy.reseal(false)).toMatchObject({ left: 0 });
    await begin(1, { APP_SECRET: NEW }, during);
    expect(await outcomeOf(one.verifications.start(request()))).toBe('TOO_MANY_CHECKS');
    expect(await outcomeOf(one.verifications.start(request(OPTED_OUT)))).toBe('DESTINATION_NOT_ALLOWED');
    expect(await one.limits.show(PhoneNumber.parse(APPROVED))).toMatchObject({
      guesses: { approvedAt: expect.any(Date) },
    });
  });

  it('it goes on where it was killed, and beside the program and an erase', async () => {
    const before = await begin(1, ENOUGH);
    const lived = await livedThrough();
    for (let times = 0; times < 30; times++) await started(`+1415555${3_000 + times}`);
    await rows(`UPDATE verifications SET expires_at = clock_timestamp() - interval '1 second'`);
    await begin(3, { ...ENOUGH, ...ROTATED }, before);
    let resealed = 0;
    one.database.before.set('reseal_verification', () => {
      if (++resealed > 10) one.database.lost.add('reseal_verification');
      return Promise.resolve();
    });
    expect(await outcomeOf(one.privacy.reseal(false))).toBe('DATABASE_UNAVAILABLE');
    one.database.before.clear();
    one.database.lost.clear();
    const [, two, three] = cluster.instances;
    const doomed = PhoneNumber.parse('+14155553005');
    const outcomes = await Promise.all([
      outcomeOf(one.privacy.reseal(false)),
      outcomeOf(two!.privacy.reseal(false)),
      outcomeOf(three!.privacy.erase(doomed, { optOut: false }, TESTS)),
      ...Array.from({ length: 20 }, (_, index) =>
        outcomeOf(three!.verifications.start(request(`+1415555${3_010 + index}`))),
      ),
    ]);
    expect(outcomes.filter((outcome) => outcome !== 'done')).toEqual([]);
    await rows(`UPDATE verifications SET expires_at = clock_timestamp() - interval '1 second'`);
    expect(await one.privacy.reseal(false)).toMatchObject({ left: 0 });
    const keys = [OLD, NEW].flatMap((secret) => lookupKeysOf(new KeyRing(secret), doomed));
    expect(tracesOf(await dumpOf(cluster.data.database), doomed.e164, keys)).toEqual([]);
    await begin(1, { ...ENOUGH, APP_SECRET: NEW }, before);
    expect((await one.limits.show(PhoneNumber.parse('+14155553015'))).sends).toMatchObject([{ remaining: 98 }, {}]);
    expect(await one.verifications.get(lived.approved.id)).toMatchObject({ status: 'approved' });
  });

  it('answers that are kept for repeats are waited for, and rows of a secret that is gone are not', async () => {
    const before = await begin(1);
    await started();
    await rows(`UPDATE verifications SET expires_at = clock_timestamp() - interval '1 second'`);
    await rows(`INSERT INTO idempotency_keys (key, request, seed, holder, lease_until, expires_at, key_version, answer_sealed)
      SELECT '\\x01', '\\x01', gen_random_uuid(), gen_random_uuid(), now(), now() + interval '20 hours', ${new KeyRing(OLD).version}, '\\x00'`);
    const during = await begin(1, ROTATED, before);
    const { left, until } = await one.privacy.reseal(false);
    expect(left).toBe(1);
    expect(until!.getTime() - Date.now()).toBeGreaterThan(19 * 3_600_000);
    await begin(1, { APP_SECRET: 'a third test secret of more than 32 bytes', APP_SECRET_PREVIOUS: OLD }, during);
    await rows('DELETE FROM idempotency_keys');
    expect(await one.privacy.reseal(false)).toMatchObject({ done: 0, left: 0, unreadable: 1 });
  });
});

onRedis('with Redis', () => {
  let redis: TestRedis;
  beforeEach(async () => {
    redis = await openTestRedis();
  });
  afterEach(() => redis.drop());
  const windows = async () =>
    (await redis.keys()).filter((key) => KEYS.some((hex) => key.includes(hex.toString('hex'))));

  it('a number that is erased leaves no key there, nor what is settled after it', async () => {
    await begin(2, { REDIS_URL: redis.url });
    await started();
    expect(await windows()).toHaveLength(1);
    one.database.before.set('record_dispatch', () => erase(cluster.instances[1]));
    await started();
    expect(await windows()).toEqual([]);
    expect(await traces()).toEqual([]);
    cluster.sns.behave({ kind: 'reject', code: 'Throttling' });
    cluster.twilio.behave({ kind: 'reject', code: '20429' });
    one.database.before.clear();
    await started();
    await erase();
    expect(await windows()).toEqual([]);
  });

  it('neither under a former secret', async () => {
    const before = await begin(1, { REDIS_URL: redis.url });
    await started();
    await begin(1, { REDIS_URL: redis.url, ...ROTATED }, before);
    expect(await windows()).toHaveLength(1);
    await erase();
    expect(await windows()).toEqual([]);
  });

  it('what counts by a number is shown there, too, under whichever secret it is', () =>
    isShownUnderBoth({ REDIS_URL: redis.url }));

  it('nothing is lost when all is brought under another secret and the former one is dropped', async () => {
    const before = await begin(1, { REDIS_URL: redis.url });
    const lived = await livedThrough();
    const during = await begin(1, { REDIS_URL: redis.url, ...ROTATED }, before);
    await one.verifications.cancel(lived.open.id);
    expect(await one.privacy.reseal(false)).toMatchObject({ done: 5, left: 0 });
    await begin(1, { REDIS_URL: redis.url, APP_SECRET: NEW }, during);
    await seemsTheSame(lived);
  });
});
