// How fast a backlog leaves: messages that were queued while nobody took texts, and a provider that takes them again.
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

import { KeyRing } from '../../../dist/kernel/index.js';
import { APP_SECRET, contenders } from '../contenders.mjs';
import { connected } from '../databases.mjs';
import { phoneOf } from '../shapes.mjs';

const PATIENCE_MS = 120_000;
/** Phones from the end of the list, which no start has used. */
const FIRST_PHONE = 60_000_000;

async function queue(url, count) {
  const keys = new KeyRing(APP_SECRET);
  const columns = { v: [], m: [], key: [], sealed: [] };
  for (let n = 0; n < count; n++) {
    const phone = phoneOf(FIRST_PHONE + n);
    const key = keys.lookupKey('phone', phone);
    for (const [name, value] of Object.entries({
      v: randomUUID(),
      m: randomUUID(),
      key,
      sealed: keys.seal(phone, key).data,
    }))
      columns[name].push(value);
  }
  const from = 'FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[]) AS row(v, m, key, sealed)';
  const values = [columns.v, columns.m, columns.key, columns.sealed, keys.version];
  await connected(url, async (client) => {
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO verifications (id, purpose, channel, phone_key, phone_sealed, key_version, code_length, max_checks,
                                  created_at, expires_at, next_send_at)
       SELECT v, 'verification', 'sms', key, sealed, $5, 6, 5, now(), now() + interval '10 min', now() ${from}
       WHERE m IS NOT NULL`,
      values,
    );
    await client.query(
      `INSERT INTO messages (id, verification_id, phone_key, phone_sealed, key_version, template, status, lease_until,
                             created_at, updated_at, expires_at)
       SELECT m, v, key, sealed, $5, 'verification', 'queued', now(), now(), now(), now() + interval '10 min' ${from}`,
      values,
    );
    await client.query('COMMIT');
  });
}

async function drained(bench, latencyMs) {
  const { backlog } = bench.options;
  await bench.fake.ask('behave', { latencyMs });
  const { program, database } = await contenders.sixdigit(bench.fake);
  const before = await bench.fake.ask('accepted');
  const used = await program.ask('probe');
  await queue(database, backlog);
  let [first, now, taken] = [0, 0, 0];
  for (const begun = performance.now(); taken < backlog; ) {
    await wait(5);
    now = performance.now();
    taken = (await bench.fake.ask('accepted')) - before;
    if (taken > 0) first ||= now;
    if (now - begun > PATIENCE_MS) throw new Error(`after ${PATIENCE_MS} ms only ${taken} of ${backlog} had left`);
  }
  await wait(500); // would another one come twice?
  taken = (await bench.fake.ask('accepted')) - before;
  if (taken !== backlog) throw new Error(`${backlog} messages, but ${taken} texts`);
  const { cpuMs, rssMb } = await program.ask('probe');
  await program.stop();
  await bench.fake.ask('behave', { latencyMs: 0 });
  const load = `${backlog} queued`;
  const perSecond = (backlog * 1_000) / (now - first);
  bench.say(`a backlog of ${backlog} left at ${Math.round(perSecond)} a second`);
  const what = latencyMs > 0 ? `backlog leaves, provider at ${latencyMs} ms` : 'backlog leaves';
  return { what, who: 'Sixdigit', load, perSecond, cpuMs: (cpuMs - used.cpuMs) / backlog, rssMb };
}

export const drain = async (bench) => [await drained(bench, 0), await drained(bench, 100)];
