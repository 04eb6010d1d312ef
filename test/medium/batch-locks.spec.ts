import { randomUUID } from 'node:crypto';

import { valuesFor } from '../../src/prisma/index.js';
import { BEGIN, type BegunRow } from '../../src/batches/batch-sender.sql.js';
import { openTestDatabase, type TestDatabase } from '../setup/database.js';

const key = (n: number) => Buffer.alloc(32, n);

let data: TestDatabase;
beforeAll(async () => void (data = await openTestDatabase()));
afterAll(() => data.drop());
const run = (text: string, ...values: unknown[]) => data.database.query({ name: '', text }, values);

describe('texts of a batch', () => {
  it("are begun in the order of their phones' keys of now, in which everybody locks windows", async () => {
    const [batch, first, second] = [randomUUID(), randomUUID(), randomUUID()];
    await run(
      `INSERT INTO batches (id, status, created_by, created_at, updated_at, expires_at)
         VALUES ($1, 'running', 'tests', now(), now(), now() + interval '1 hour')`,
      batch,
    );
    for (const [id, n] of [
      [first, 1],
      [second, 2],
    ] as const)
      await run(
        `INSERT INTO messages (id, phone_key, phone_sealed, key_version, template, status, created_at, updated_at, expires_at, batch_id, send_after, is_held)
           VALUES ($1, $2, '', 1, 'batch', 'queued', now(), now(), now() + interval '1 hour', $3, now(), false)`,
        id,
        key(n),
        batch,
      );
    await run('SELECT adopt_phone($1, $2)', key(3), key(1));
    const values = valuesFor(BEGIN, {
      ...{ batch, ids: [first, second], turns: [0, 0], attempts: [randomUUID(), randomUUID()] },
      ...{ providers: ['twilio', 'twilio'], channels: ['sms', 'sms'], senders: [null, null], routes: [null, null] },
      ...{ paces: [1_000, 1_000], locales: ['en', 'en'], versions: [null, null], variants: [null, null] },
      ...{ prices: [1, 1], needs: [1, 1], lease_ms: 1_000, valid_secs: 600, quotas: [5], secs: [3_600] },
      ...{ cap: 1_000_000, kept: 0, at: null },
    });
    const begun = await data.database.query<BegunRow>(BEGIN, values);
    expect(begun.map(({ id }) => id)).toEqual([second, first]);
  });
});
