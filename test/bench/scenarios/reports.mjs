// How fast delivery reports are taken down: Twilio's, signed, each told twice and in no order. @throws when one was lost.
import { createHmac } from 'node:crypto';

import { contenders } from '../contenders.mjs';
import { connected, serverCpu } from '../databases.mjs';
import { measureStart, medians } from '../measure.mjs';

const ORIGIN = 'https://sms.example.test';
const TOKEN = 'token';
const CONNECTIONS = 128;
const TOLD = ['queued', 'sent', 'delivered', 'sent', 'delivered'];

/** https://www.twilio.com/docs/usage/webhooks/webhooks-security */
function signed(path, params) {
  const text = Object.keys(params)
    .sort()
    .reduce((all, name) => all + name + params[name], ORIGIN + path);
  return createHmac('sha1', TOKEN).update(text).digest('base64');
}

function reportOf({ id, provider_message_id: sid }, status) {
  const path = `/v1/webhooks/twilio/${id}`;
  const form = { AccountSid: `AC${'0'.repeat(32)}`, ApiVersion: '2010-04-01', From: '+15005550006' };
  const params = { ...form, MessageSid: sid, MessageStatus: status, SmsSid: sid, SmsStatus: status };
  return {
    path,
    body: new URLSearchParams(params).toString(),
    headers: { 'x-twilio-signature': signed(path, params) },
  };
}

function shuffled(list) {
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [list[last], list[other]] = [list[other], list[last]];
  }
  return list;
}

const NEW = "SELECT id, provider_message_id FROM attempts WHERE report IS NULL AND outcome = 'accepted'";
const LEFT = "SELECT count(*)::int AS left FROM messages WHERE status <> 'delivered'";

export async function reports(bench) {
  const { rounds, seconds } = bench.options;
  const contender = await contenders.sixdigit(bench.fake, { env: { PUBLIC_BASE_URL: ORIGIN } });
  const { program, database } = contender;
  const results = [];
  for (let round = 1; round <= rounds; round++) {
    await measureStart(bench, contender, { connections: 32, seconds });
    const { rows: attempts } = await connected(database, (client) => client.query(NEW));
    const jobs = shuffled(attempts.flatMap((attempt) => TOLD.map((status) => reportOf(attempt, status))));
    const [before, pgBefore] = [await program.ask('probe'), await serverCpu(database)];
    const result = await bench.load.ask('posts', { origin: program.url, connections: CONNECTIONS, jobs, status: 204 });
    const [after, pgAfter] = [await program.ask('probe'), await serverCpu(database)];
    const pgMs = [...pgAfter].reduce((sum, [pid, ms]) => sum + ms - (pgBefore.get(pid) ?? 0), 0) / jobs.length;
    const [{ left }] = (await connected(database, (client) => client.query(LEFT))).rows;
    if (left > 0 || result.count !== jobs.length) throw new Error(`${left} texts are not delivered after all reports`);
    const per = (field) => (after[field] - before[field]) / jobs.length;
    results.push({ ...result, pgMs, cpuMs: per('cpuMs'), statements: per('statements'), rssMb: after.rssMb });
    bench.say(`${jobs.length} reports at ${Math.round(result.perSecond)} a second`);
  }
  await program.stop();
  return [{ what: 'delivery report', who: 'Sixdigit', load: `${CONNECTIONS} connections`, ...medians(results) }];
}
