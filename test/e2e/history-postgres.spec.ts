import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';

import { KeyRing, PhoneNumber } from '../../src/kernel/index.js';
import { VerificationSecrets } from '../../src/verification/verification-secrets.js';
import { runClients } from '../setup/history/clients.js';
import { Fleet } from '../setup/history/fleet.js';
import { History } from '../setup/history/history.js';
import { judge, summary, type Truth } from '../setup/history/judge.js';
import { torment, upset } from '../setup/history/nemesis.js';
import { randomFrom } from '../setup/history/random.js';
import { serverUrl } from '../setup/database.js';
import { codeIn, credentials } from '../setup/instances.js';
import { cleanUp, PRODUCTION } from '../setup/process.js';
import { DURABLE, onOwnPostgres, onOwnRedis, startPostgres, startRedis, type OwnServer } from '../setup/servers.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

/** The same seed makes the same outages; what the clients meet them with is up to the machine. */
const SEED = Number(process.env.HISTORY_SEED ?? Date.now() % 1_000_000);
const LIMIT = 3;
const QUIET_MS = 30_000;
const STORES: readonly {
  readonly name: string;
  readonly where: typeof describe;
  /** By the variables that name them: they are paused and crashed, too. */
  readonly others: Readonly<Record<string, () => Promise<OwnServer>>>;
}[] = [
  { name: 'PostgreSQL', where: onOwnPostgres, others: {} },
  // One that writes everything down before it answers: with another, a crash empties the windows, and limits begin anew.
  { name: 'PostgreSQL and Redis', where: onOwnRedis, others: { REDIS_URL: () => startRedis(...DURABLE) } },
];

const keys = new KeyRing(PRODUCTION.APP_SECRET);
const secrets = new VerificationSecrets(keys);
const codeOf = (id: string, phone: string) =>
  secrets.codeOf(id, { purpose: 'verification', key_version: keys.version, code_length: 6 }, PhoneNumber.parse(phone));

const TRUTHS = `SELECT v.id, v.status::text, v.phone_key, v.phone_sealed, v.key_version, count(m.id)::int AS messages,
    count(m.id) FILTER (WHERE m.status = 'unknown' AND
      (SELECT count(*) FROM attempts AS a WHERE a.message_id = m.id AND a.outcome = 'unknown') >= 2)::int AS given_up
  FROM verifications AS v LEFT JOIN messages AS m ON m.verification_id = v.id GROUP BY v.id`;
const UNDER_WAY = `SELECT count(*)::int AS count FROM messages WHERE status IN ('queued', 'sending')`;

const onServers = serverUrl ? onOwnPostgres : describe.skip;
onServers('three processes under load, while everything around them fails', () => {
  for (const { name, where, others } of STORES)
    where(`on ${name}`, () => {
      let twilio: FakeTwilio;
      let sns: FakeSns;
      let fleet: Fleet;
      let postgres: OwnServer;
      const history = new History();
      const servers: OwnServer[] = [];
      const opened = async (open: () => Promise<OwnServer>) => {
        const server = await open();
        servers.push(server);
        return server;
      };

      beforeAll(async () => {
        [twilio, sns] = [await FakeTwilio.start(), await FakeSns.start()];
        postgres = await opened(startPostgres);
        const named: Record<string, string> = { DATABASE_URL: postgres.url };
        for (const [name, open] of Object.entries(others)) named[name] = (await opened(open)).url;
        const times = { SMS_ATTEMPT_TIMEOUT_MS: '1000', SMS_SEND_BUDGET_MS: '2500' };
        const limit = { SMS_RATE_LIMIT_PER_HOUR: String(LIMIT) };
        const env = { ...PRODUCTION, ...credentials(twilio, sns), ...named, ...times, ...limit };
        fleet = new Fleet(env, { preloads: ['cooldown'] });
        await fleet.start(3);
      }, 90_000);
      afterAll(async () => {
        for (const server of servers) server.resume();
        await cleanUp();
        await Promise.all([twilio.close(), sns.close(), history.close()]);
        await Promise.all(servers.map((server) => server.close()));
      }, 30_000);

      const texts = () => [...twilio.ledger, ...sns.ledger].map(({ to, body }) => ({ to, code: codeIn(body) }));
      const codeFor = (id: string, phone: string) => {
        const code = codeOf(id, phone);
        return texts().some((text) => text.to === phone && text.code === code) ? code : undefined;
      };

      it(`nobody is lost, let in wrongly or sent too much (seed ${SEED})`, async () => {
        let over = false;
        const isOver = () => over;
        await Promise.all([
          torment(fleet, servers, randomFrom(SEED)).finally(() => (over = true)),
          upset(twilio, sns, randomFrom(SEED + 1), isOver),
          runClients({ fleet, history, random: randomFrom(SEED + 2), codeFor, isOver }),
        ]);
        const truths = await quiet(postgres.url);
        const { ops } = history;
        const evidence = { ops, lives: fleet.lives, truths, texts: texts(), limit: LIMIT, maxChecks: 5 };
        process.stderr.write(`history: ${summary(evidence)}, seed ${SEED}\n`);
        expect(judge(evidence)).toEqual([]);
        // A history in which nothing happened proves nothing.
        for (const status of [200, 201, 404, 429, 503, undefined])
          expect(ops.filter((op) => op.status === status).length).toBeGreaterThan(0);
        expect(ops.filter(({ body }) => body?.valid === true).length).toBeGreaterThan(0);
      }, 90_000);
    });
});

/** What there is once no message is under way any more. */
async function quiet(url: string): Promise<Truth[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const end = performance.now() + QUIET_MS; ; await sleep(200)) {
      const { rows } = await client.query<{ count: number }>(UNDER_WAY);
      if (rows[0]?.count === 0) break;
      if (performance.now() > end) throw new Error(`${rows[0]?.count} messages are still under way.`);
    }
    return (await client.query(TRUTHS)).rows.map((row) => {
      const phone = secrets.phoneOf(row).e164;
      const { id, status, messages, given_up: givenUp } = row;
      return { id, phone, code: codeOf(id, phone), status, messages, givenUp };
    });
  } finally {
    await client.end();
  }
}
