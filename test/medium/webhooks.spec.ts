import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { Client } from 'pg';

import { type Clock } from '../../src/kernel/index.js';
import { TESTS } from '../setup/admin.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { WebhookReceiver } from '../setup/webhook-receiver.js';
import { makeDue, setMessage, sql, startRows, startWebhooks, type WebhookInstance } from '../setup/webhooks.js';

let data: TestDatabase;
let one: WebhookInstance;
let receiver: WebhookReceiver;
const opened: { close(): Promise<unknown> }[] = [];

beforeEach(async () => {
  data = await openTestDatabase();
  one = await instance();
  receiver = await WebhookReceiver.start();
  opened.push(receiver);
});
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
  await data.drop();
});

async function instance(
  ...[options, secrets]: [Parameters<typeof startWebhooks>[1]?, { current: string; previous?: string }?]
) {
  const started = await startWebhooks(data, options, secrets);
  opened.push(started);
  return started;
}
const until = async (holds: () => boolean | Promise<boolean>, ms = 15_000) => {
  for (const end = performance.now() + ms; performance.now() < end; await wait(20)) if (await holds()) return true;
  return false;
};
async function endpoint(url = receiver.url, events?: Parameters<WebhookInstance['endpoints']['create']>[0]['events']) {
  const made = await one.endpoints.create({ url, events }, TESTS);
  receiver.secrets.push(made.secret);
  return made;
}
/** One event: a message that was delivered. */
async function happen(phone?: string) {
  const ids = await startRows(data, one.keys, phone);
  await setMessage(data, ids.messageId, 'delivered');
  return ids;
}
/** Tries what is due now, to the end. */
async function deliver(by = one) {
  const begun = await by.worker.look();
  await by.worker.idle();
  return begun;
}
const rows = () =>
  sql<{
    id: string;
    status: string;
    tries: number;
    last_status: number | null;
    last_error: string | null;
    wait: number | null;
  }>(
    data,
    `SELECT id, status::text, tries, last_status, last_error, extract(epoch FROM next_at - clock_timestamp())::float8 AS wait
      FROM webhook_deliveries ORDER BY created_at`,
  );
const countOf = async (table: string) =>
  Number((await sql<{ n: number }>(data, `SELECT count(*)::int AS n FROM ${table}`))[0]?.n);

describe('an event', () => {
  it('comes into being only when some endpoint wants it', async () => {
    const { verificationId, messageId } = await startRows(data, one.keys);
    await setMessage(data, messageId, 'accepted');
    expect(await countOf('webhook_events')).toBe(0);
    await endpoint(receiver.url, ['message.delivered']);
    await setMessage(data, messageId, 'sent');
    await sql(data, `UPDATE verifications SET status = 'approved', ended_at = now() WHERE id = $1`, [verificationId]);
    expect(await countOf('webhook_events')).toBe(0);
    await setMessage(data, messageId, 'delivered');
    expect([await countOf('webhook_events'), await countOf('webhook_deliveries')]).toEqual([1, 1]);
  });

  it('does not come into being when its change is taken back', async () => {
    await endpoint();
    const { verificationId, messageId } = await startRows(data, one.keys);
    const change = `UPDATE messages SET status = 'delivered' WHERE id = '${messageId}';
      UPDATE verifications SET status = 'approved', ended_at = now() WHERE id = '${verificationId}';`;
    await expect(sql(data, `DO $$ BEGIN ${change} RAISE EXCEPTION 'taken back'; END $$`)).rejects.toThrow('taken back');
    expect([await countOf('webhook_events'), await countOf('webhook_deliveries')]).toEqual([0, 0]);
    await sql(data, `DO $$ BEGIN ${change} END $$`);
    await deliver();
    expect(receiver.types().sort()).toEqual(['message.delivered', 'verification.approved']);
  });

  it('is told once for each status, however often a row is written', async () => {
    await endpoint();
    const { messageId } = await startRows(data, one.keys);
    for (const status of ['sending', 'accepted', 'accepted', 'sent', 'delivered', 'delivered', 'sent', 'delivered'])
      await setMessage(data, messageId, status);
    await deliver();
    expect(receiver.types().sort()).toEqual(['message.accepted', 'message.delivered', 'message.sent']);
  });

  it('has exactly this body, without a code or a whole phone', async () => {
    await endpoint();
    const { messageId, verificationId } = await happen();
    await sql(data, `UPDATE verifications SET status = 'approved', ended_at = now() WHERE id = $1`, [verificationId]);
    await deliver();
    const told = receiver.ledger.map(({ body }) => body);
    const time = '"timestamp":"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z"';
    const ids = `"verificationId":"${verificationId}"`;
    for (const pattern of [
      `^{"type":"message.delivered",${time},"data":{${ids},"messageId":"${messageId}","status":"delivered","purpose":"checkout","channel":"sms","provider":"twilio","phone":"\\+\\*{6}2671"}}$`,
      `^{"type":"verification.approved",${time},"data":{${ids},"status":"approved","purpose":"checkout","channel":"sms","phone":"\\+\\*{6}2671"}}$`,
    ])
      expect(told.filter((body) => new RegExp(pattern).test(body))).toHaveLength(1);
    expect(JSON.stringify(await sql(data, 'SELECT * FROM webhook_events'))).not.toContain('4155552671');
  });

  it('of another room goes to whoever wants it, and holds no phone', async () => {
    expect(await one.events.emit('spend.threshold', { percent: 50 })).toBe(false);
    await endpoint(receiver.url, ['spend.threshold']);
    expect(await one.events.emit('provider.balance_low', {})).toBe(false);
    expect(await one.events.emit('spend.threshold', { percent: 80, day: '2026-11-21' })).toBe(true);
    await expect(one.events.emit('spend.threshold', { to: '+14155552671' })).rejects.toThrow('holds a phone');
    await deliver();
    expect(JSON.parse(receiver.ledger[0]?.body ?? '')).toEqual({
      type: 'spend.threshold',
      timestamp: expect.any(String),
      data: { percent: 80, day: '2026-11-21' },
    });
  });

  it('is forgotten with its subject, also after its first try', async () => {
    await endpoint();
    receiver.status(500);
    const { messageId } = await happen();
    await deliver();
    await one.events.forget([messageId]);
    expect([await countOf('webhook_events'), await countOf('webhook_deliveries')]).toEqual([0, 0]);
  });
});

describe('a delivery', () => {
  it('is signed so that the standardwebhooks package verifies it', async () => {
    const { secret } = await endpoint();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    await happen();
    await deliver();
    expect(receiver.ledger).toEqual([expect.objectContaining({ verifiedBy: [secret], signatures: 1 })]);
    expect(receiver.ledger[0]?.id).toMatch(/^evt_[0-9a-f]{32}$/);
    expect(receiver.ledger[0]?.headers['content-type']).toBe('application/json');
    expect(await rows()).toEqual([expect.objectContaining({ status: 'delivered', tries: 1, wait: null })]);
  });

  it('is signed with both secrets for a day after a rotation, and with the new one from then on', async () => {
    const { id, secret } = await endpoint();
    const { secret: next } = await one.endpoints.rotateSecret(id, TESTS);
    receiver.secrets.push(next);
    await happen();
    await deliver();
    await sql(data, `UPDATE webhook_endpoints SET former_until = former_until - interval '24 hours 1 second'`);
    await happen();
    await deliver();
    expect(receiver.ledger.map(({ verifiedBy }) => verifiedBy)).toEqual([[secret, next], [next]]);
    expect(receiver.ledger.map(({ signatures }) => signatures)).toEqual([2, 1]);
  });

  it('is signed after APP_SECRET was changed, and without the former one once all is sealed anew', async () => {
    const { secret } = await endpoint();
    const NEXT = 'another secret of more than 32 bytes';
    const both = await instance({}, { current: NEXT, previous: 'a test secret of more than 32 bytes' });
    await happen();
    await deliver(both);
    expect(await both.endpoints.reseal()).toBe(1);
    const alone = await instance({}, { current: NEXT });
    await happen();
    await deliver(alone);
    expect(receiver.ledger.map(({ verifiedBy }) => verifiedBy)).toEqual([[secret], [secret]]);
    const later = await instance({}, { current: 'a third secret of more than 32 bytes' });
    await happen();
    await deliver(later);
    expect((await rows()).at(-1)).toMatchObject({ status: 'pending', last_error: 'secret_gone' });
    expect(receiver.ledger).toHaveLength(2);
    // The phone of that one was sealed under a secret that is gone: it is told without.
    expect(receiver.ledger.map(({ body }) => body.includes('"phone"'))).toEqual([true, false]);
  });

  it('is tried ten times by the schedule, with the same id and body, and then given up', async () => {
    await endpoint();
    receiver.status(500);
    await happen();
    const waits = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for (const secs of waits) {
      expect(await deliver()).toBe(1);
      expect(await deliver()).toBe(0);
      const [row] = await rows();
      expect(row).toMatchObject({ status: 'pending', last_status: 500, last_error: 'http_500' });
      expect(row?.wait).toBeGreaterThan(secs - 4.9);
      expect(row?.wait).toBeLessThanOrEqual(secs * 1.2);
      await makeDue(data);
    }
    await deliver();
    expect(await rows()).toEqual([expect.objectContaining({ status: 'failed', tries: 10, wait: null })]);
    expect(receiver.ledger).toHaveLength(10);
    expect(new Set(receiver.ledger.map(({ id, body }) => id + body)).size).toBe(1);
    expect(receiver.ledger.every(({ verifiedBy }) => verifiedBy.length === 1)).toBe(true);
  });

  it.each([
    ['429', 429, { 'retry-after': '600' }, 600, 720],
    ['503 with a date', 503, { 'retry-after': new Date(Date.now() + 900_000).toUTCString() }, 850, 1_090],
    ['429 with more than six hours', 429, { 'retry-after': '9999999' }, 21_590, 21_600],
    ['429 with less than the schedule', 429, { 'retry-after': '1' }, 1, 6],
    ['500, which may not ask', 500, { 'retry-after': '600' }, 1, 6],
    ['503 with nonsense', 503, { 'retry-after': 'soon' }, 1, 6],
  ])('waits as long as it is asked to by %s', async (_, status, headers, least, most) => {
    await endpoint();
    receiver.status(status, headers);
    await happen();
    await deliver();
    const [row] = await rows();
    expect(row?.wait).toBeGreaterThan(least - 1);
    expect(row?.wait).toBeLessThanOrEqual(most);
  });

  it('is told again after a crash between its answer and the record of it: same id, same body', async () => {
    await endpoint();
    await happen();
    one.database.lost.add('record_webhook');
    await deliver();
    expect(await rows()).toEqual([expect.objectContaining({ status: 'pending', tries: 1 })]);
    expect(await deliver()).toBe(0); // until the lease runs out
    const other = await instance();
    await makeDue(data);
    await deliver(other);
    expect(receiver.ledger).toHaveLength(2);
    expect(new Set(receiver.ledger.map(({ id, body }) => id + body)).size).toBe(1);
    expect(await rows()).toEqual([expect.objectContaining({ status: 'delivered', tries: 2 })]);
  });

  it('of one that was thought dead counts if it was delivered, and changes nothing if it failed', async () => {
    await endpoint();
    await happen();
    const other = await instance();
    const late: ((status: number) => void)[] = [];
    receiver.answer = (_, response) => void late.push((status) => response.writeHead(status).end());
    /** One process has it under way when another takes it over. */
    const both = async () => {
      late.length = 0;
      await makeDue(data);
      const first = deliver(one);
      await until(() => late.length === 1);
      await makeDue(data);
      const second = deliver(other);
      await until(() => late.length === 2);
      return { first, second };
    };
    const { first, second } = await both();
    late[0]?.(500);
    await first;
    expect(await rows()).toEqual([expect.objectContaining({ status: 'pending', last_status: null })]);
    late[1]?.(503);
    await second;
    const again = await both();
    late[0]?.(204);
    await again.first;
    late[1]?.(500);
    await again.second;
    expect(await rows()).toEqual([expect.objectContaining({ status: 'delivered', last_status: 204, wait: null })]);
  });

  it('goes out once each, whichever of two processes finds it', async () => {
    await endpoint();
    const other = await instance();
    for (let i = 0; i < 40; i++) await happen();
    for (let begun = 1; begun > 0; )
      begun = (await Promise.all([deliver(one), deliver(other)])).reduce((a, b) => a + b);
    expect(receiver.ledger).toHaveLength(40);
    expect(new Set(receiver.ledger.map(({ id }) => id)).size).toBe(40);
  });

  it('goes out by itself, more than ten to one endpoint, too', async () => {
    await endpoint();
    await instance({ deliver: true, everyMs: 100 });
    for (let i = 0; i < 35; i++) await happen();
    expect(await until(() => receiver.ledger.length >= 35)).toBe(true);
    expect(new Set(receiver.ledger.map(({ id }) => id)).size).toBe(35);
  });

  it('is replayed with its id and body, and the whole schedule before it', async () => {
    const { id } = await endpoint();
    await happen();
    await deliver();
    const [delivered] = await one.deliveries.of(id);
    receiver.status(500);
    await one.deliveries.replay(delivered?.id ?? '', TESTS);
    await deliver();
    expect(await rows()).toEqual([expect.objectContaining({ status: 'pending', tries: 1 })]);
    expect(new Set(receiver.ledger.map(({ id, body }) => id + body)).size).toBe(1);
    expect(receiver.ledger).toHaveLength(2);
  });

  it('is replayed since a time, but not what was delivered', async () => {
    const { id } = await endpoint();
    await happen();
    await deliver();
    receiver.status(500);
    for (let i = 0; i < 3; i++) await happen();
    await deliver();
    await sql(
      data,
      `UPDATE webhook_deliveries SET status = 'failed', next_at = NULL WHERE id = (SELECT id FROM webhook_deliveries WHERE status = 'pending' LIMIT 1)`,
    );
    expect(await one.deliveries.replaySince(id, new Date(Date.now() + 60_000), TESTS)).toBe(0);
    expect(await one.deliveries.replaySince(id, new Date(Date.now() - 60_000), TESTS)).toBe(3);
    receiver.status(204);
    await deliver();
    expect((await one.deliveries.of(id, 'delivered')).length).toBe(4);
    expect(receiver.ledger).toHaveLength(7);
  });

  it('is not replayed while it is under way', async () => {
    const { id } = await endpoint();
    await happen();
    let answer: () => void = () => undefined;
    receiver.answer = (_, response) => void (answer = () => response.writeHead(204).end());
    const delivering = deliver();
    await until(() => receiver.ledger.length === 1);
    const [row] = await one.deliveries.of(id);
    await expect(one.deliveries.replay(row?.id ?? '', TESTS)).rejects.toMatchObject({ code: 'WEBHOOK_UNDER_WAY' });
    answer();
    await delivering;
    expect(await rows()).toEqual([expect.objectContaining({ status: 'delivered' })]);
  });

  it('is pruned after seven days with its event, and not before', async () => {
    await endpoint();
    for (let i = 0; i < 3; i++) await happen();
    await sql(
      data,
      `UPDATE webhook_events SET occurred_at = occurred_at - interval '7 days' WHERE id = (SELECT id FROM webhook_events LIMIT 1)`,
    );
    await sql(
      data,
      `INSERT INTO webhook_events (id, type, data, occurred_at) SELECT gen_random_uuid(), 'webhook.test', '{}', now() - interval '8 days' FROM generate_series(1, 1200)`,
    );
    await one.worker.prune();
    expect([await countOf('webhook_events'), await countOf('webhook_deliveries')]).toEqual([2, 2]);
  });

  it('has the time of the process, whatever the clock of the database says', async () => {
    await endpoint();
    const clock = (one.worker as unknown as { clock: Clock }).clock;
    const skewed: Clock = { ...clock, now: () => new Date(Date.now() - 3_600_000) };
    Object.assign(one.worker, { clock: skewed });
    await happen();
    await deliver();
    expect(Math.abs((receiver.ledger[0]?.signedAt ?? 0) - (Date.now() - 3_600_000))).toBeLessThan(60_000);
    // A receiver refuses what is an hour old: the clock must be right.
    expect(receiver.ledger[0]?.verifiedBy).toEqual([]);
  });
});

describe('an endpoint', () => {
  it('that answers 410 is told nothing more', async () => {
    const { id } = await endpoint();
    receiver.status(410);
    await happen();
    await deliver();
    expect(await rows()).toEqual([expect.objectContaining({ status: 'failed', tries: 1, last_status: 410 })]);
    expect(await one.endpoints.get(id)).toMatchObject({ disabledReason: 'gone' });
    await happen();
    expect(await countOf('webhook_events')).toBe(1);
    await expect(one.deliveries.replaySince(id, new Date(0), TESTS)).rejects.toMatchObject({
      code: 'WEBHOOK_DISABLED',
    });
  });

  it('that has only failed for five days is disabled; one success starts that anew', async () => {
    const { id } = await endpoint();
    const fiveDays = () => sql(data, `UPDATE webhook_endpoints SET failing_since = failing_since - interval '5 days'`);
    receiver.status(500);
    await happen();
    await deliver();
    await fiveDays();
    receiver.status(200);
    await happen();
    await deliver();
    receiver.status(500);
    await happen();
    await deliver();
    expect((await one.endpoints.get(id)).disabledAt).toBeUndefined();
    await fiveDays();
    await happen();
    await deliver();
    expect(await one.endpoints.get(id)).toMatchObject({ disabledReason: 'failing' });
    receiver.status(200);
    await makeDue(data);
    expect(await deliver()).toBe(0);
    await one.endpoints.change(id, { disabled: false }, TESTS);
    expect(await deliver()).toBe(3);
  });

  it('that hangs holds up no other', async () => {
    receiver.answer = () => undefined;
    const healthy = await WebhookReceiver.start();
    opened.push(healthy);
    await endpoint(receiver.url);
    await one.endpoints.create({ url: healthy.url }, TESTS);
    const working = await instance({ deliver: true, everyMs: 100 });
    for (let i = 0; i < 60; i++) await happen();
    // Long before the first try at the other is given up.
    expect(await until(() => healthy.ledger.length >= 60, 12_000)).toBe(true);
    expect(receiver.ledger.length).toBeLessThanOrEqual(10);
    await working.close();
  }, 40_000);

  it('that is deleted while something is under way to it gets nothing more', async () => {
    const { id } = await endpoint();
    await happen();
    await happen();
    let answer: () => void = () => undefined;
    receiver.answer = (_, response) => void (answer = () => response.writeHead(500).end());
    await sql(
      data,
      `UPDATE webhook_deliveries SET next_at = next_at + interval '1 minute' WHERE id = (SELECT id FROM webhook_deliveries LIMIT 1)`,
    );
    const delivering = deliver();
    await until(() => receiver.ledger.length === 1);
    await one.endpoints.remove(id, TESTS);
    answer();
    await delivering;
    await makeDue(data);
    expect(await deliver()).toBe(0);
    await expect(one.endpoints.remove(id, TESTS)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is tested with an event of its own, whatever it wants', async () => {
    const { id } = await endpoint(receiver.url, ['message.failed']);
    await one.endpoints.create({ url: receiver.url }, TESTS);
    await one.endpoints.test(id, TESTS);
    await deliver();
    expect(receiver.types()).toEqual(['webhook.test']);
    expect(await sql(data, `SELECT subject FROM admin_audit WHERE act = 'webhook.test'`)).toContainEqual({
      subject: id,
    });
    await one.endpoints.change(id, { disabled: true }, TESTS);
    await expect(one.endpoints.test(id, TESTS)).rejects.toMatchObject({ code: 'WEBHOOK_DISABLED' });
  });

  it('keeps its secret sealed', async () => {
    const { secret } = await endpoint();
    const [row] = await sql<{ secret_sealed: Uint8Array }>(data, 'SELECT * FROM webhook_endpoints');
    expect(Buffer.from(row?.secret_sealed ?? []).toString('latin1')).not.toContain(secret);
    expect(JSON.stringify(await one.endpoints.list())).not.toContain('whsec_');
  });

  it('is one of twenty at most', async () => {
    for (let i = 0; i < 20; i++) await endpoint();
    await expect(endpoint()).rejects.toMatchObject({ code: 'WEBHOOK_LIMIT_REACHED' });
  });
});

describe('a hostile endpoint', () => {
  it('is not followed where it redirects to', async () => {
    const inner = await WebhookReceiver.start();
    opened.push(inner);
    await endpoint();
    for (const location of ['http://169.254.169.254/latest/meta-data/', inner.url]) {
      receiver.status(307, { location });
      await happen();
      await deliver();
    }
    expect(inner.connections).toBe(0);
    expect((await rows()).map(({ last_error }) => last_error)).toEqual(['http_307', 'http_307']);
  });

  it('that never answers, or drips its headers, is left at the deadline', async () => {
    const slow = await instance({ deadlineMs: 600 });
    await endpoint();
    receiver.answer = (_, response) => {
      const drip = setInterval(() => response.socket?.write('X'), 50);
      response.socket?.write('HTTP/1.1 200 OK\r\n');
      response.socket?.on('close', () => clearInterval(drip));
    };
    await happen();
    await deliver(slow);
    expect(await rows()).toEqual([expect.objectContaining({ status: 'pending', last_error: 'timeout' })]);
  });

  it('is read no further than 64 KiB, nor inflated', async () => {
    let sent = 0;
    const bomb = gzipSync(Buffer.alloc(50 << 20));
    const server = createServer((request, response) => {
      request.resume();
      if (request.url === '/bomb') return void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
      response.writeHead(200);
      const chunk = Buffer.alloc(65_536);
      const more = () => {
        while (!response.destroyed && sent < 1 << 30) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
      };
      more();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    opened.push({ close: () => new Promise((done) => (server.close(done), server.closeAllConnections())) });
    const { port } = server.address() as AddressInfo;
    await one.endpoints.create({ url: `http://127.0.0.1:${port}/endless` }, TESTS);
    await one.endpoints.create({ url: `http://127.0.0.1:${port}/bomb` }, TESTS);
    await happen();
    const before = process.memoryUsage().rss;
    await deliver();
    expect((await rows()).map(({ status }) => status)).toEqual(['delivered', 'delivered']);
    expect(sent).toBeLessThan(32 << 20); // what fits into the buffers on the way
    expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);
  });

  it('is not reached when its name leads inside, at creation or later, whatever it led to a moment before', async () => {
    const PUBLIC = { address: '93.184.216.34', family: 4 };
    const INSIDE = { address: '127.0.0.1', family: 4 };
    const answers: (typeof PUBLIC)[][] = [];
    const resolve = () => Promise.resolve(answers.length > 1 ? (answers.shift() ?? []) : (answers[0] ?? []));
    const wary = await instance({ privateNetworks: [], resolve });
    const url = `http://hooks.example.com:${receiver.port}/hook`;
    for (const mixed of [[INSIDE], [PUBLIC, INSIDE], [INSIDE, PUBLIC], []]) {
      answers.splice(0, answers.length, mixed);
      await expect(wary.endpoints.create({ url }, TESTS)).rejects.toMatchObject({ code: 'WEBHOOK_URL_REFUSED' });
    }
    answers.splice(0, answers.length, [PUBLIC]);
    await wary.endpoints.create({ url }, TESTS);
    // It led outside when it was judged, and leads inside when the connection is made.
    answers.splice(0, answers.length, [PUBLIC], [INSIDE]);
    await happen();
    await deliver(wary);
    answers.splice(0, answers.length, [PUBLIC, INSIDE]);
    await makeDue(data);
    await deliver(wary);
    expect(await rows()).toEqual([expect.objectContaining({ tries: 2, last_error: 'private_address' })]);
    expect(receiver.connections).toBe(0);
  });
});

(serverUrl ? describe : describe.skip)('ten thousand events that wait', () => {
  it('hold up nobody: not while they, and the endpoint, are locked', async () => {
    await endpoint();
    await sql(
      data,
      `INSERT INTO webhook_deliveries (id, endpoint_id, event_id, next_at, created_at)
        SELECT gen_random_uuid(), (SELECT id FROM webhook_endpoints), gen_random_uuid(), now(), now() FROM generate_series(1, 10000)`,
    );
    const client = new Client({ connectionString: data.url });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT 1 FROM webhook_endpoints FOR UPDATE');
      await client.query('SELECT 1 FROM webhook_deliveries FOR UPDATE');
      const { verificationId, messageId } = await startRows(data, one.keys);
      await sql(
        data,
        `DO $$ BEGIN SET LOCAL lock_timeout = '50ms';
          UPDATE messages SET status = 'accepted' WHERE id = '${messageId}';
          UPDATE verifications SET status = 'approved', ended_at = now() WHERE id = '${verificationId}'; END $$`,
      );
      expect(await countOf('webhook_events')).toBe(2);
    } finally {
      await client.query('ROLLBACK');
      await client.end();
    }
  });
});
