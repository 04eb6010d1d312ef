// One send by each adapter against the same fake, and the same POST by undici alone.
import { randomUUID } from 'node:crypto';

import { Pool } from 'undici';

import { PhoneNumber } from '../../../dist/kernel/index.js';
import { systemClock } from '../../../dist/kernel/index.js';
import { AwsSnsProvider } from '../../../dist/sms/providers/aws-sns/aws-sns.provider.js';
import { HttpProvider } from '../../../dist/sms/providers/http/http.provider.js';
import { TwilioProvider } from '../../../dist/sms/providers/twilio/twilio.provider.js';
import { answer } from '../channel.mjs';

const url = process.env.PROVIDER_URL;
const account = `AC${'0'.repeat(32)}`;
const to = PhoneNumber.parse('+14155552671');
const body = '123456 is your Sixdigit code. It expires in 10 min. Do not share it.';
const DEADLINE_MS = 3_000;

const pool = new Pool(url, { connections: 1_024, pipelining: 1 });
async function bare() {
  const { statusCode, body: reply } = await pool.request({
    path: `/2010-04-01/Accounts/${account}/Messages.json`,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ To: to.e164, Body: body, From: '+15005550006' }).toString(),
  });
  await reply.json();
  if (statusCode !== 201) throw new Error(`the fake answered ${statusCode}`);
}

const by = (provider) => async () => {
  const message = { to, body, validForSecs: 600, attemptId: randomUUID() };
  const { signal, release } = systemClock.deadline(DEADLINE_MS);
  await provider.send(message, signal).finally(release);
};
const senders = {
  bare,
  twilio: by(
    new TwilioProvider({ accountSid: account, authToken: 'token', sender: { from: '+15005550006' }, baseUrl: url }),
  ),
  'aws-sns': by(
    new AwsSnsProvider({
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIAFAKE00000000', secretAccessKey: 'fake-secret' },
      endpoint: url,
    }),
  ),
  http: by(
    new HttpProvider({
      url: `${url}/gateway`,
      headers: { 'content-type': 'application/json' },
      body: '{"to":"{to}","text":"{text}"}',
      idPattern: /"id":"([^"]+)"/,
    }),
  ),
};

/** `inFlight` sends at a time for `seconds`. @returns how many, how fast, and CPU in ms a send */
answer('send', async ({ by: name, inFlight, seconds }) => {
  const send = senders[name];
  const latencies = [];
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const work = async () => {
    while (performance.now() - begun < seconds * 1_000) {
      const at = performance.now();
      await send();
      latencies.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const elapsed = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const count = latencies.length;
  return {
    count,
    perSecond: (count * 1_000) / elapsed,
    p50: latencies[Math.floor(count / 2)],
    p99: latencies[Math.floor(count * 0.99)],
    cpuMs: (user + system) / 1_000 / count,
  };
});

console.log('The adapters is ready at http://localhost ');
setInterval(() => undefined, 60_000);
