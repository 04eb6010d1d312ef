// The whole story against the running parts: the real program, and a fake Twilio and a fake SNS that speak the real
// wire formats over HTTP and keep a ledger. No credentials, nothing leaves this machine.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

import { createRemoteJWKSet, jwtVerify } from 'jose';

const API_KEY = 'demo-key-0123456789';
const PATIENCE_MS = 30_000;
const root = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'sixdigit-demo-'));
const children = [];

const say = (line = '') => console.log(line);
const title = (line) => say(`\n\x1b[1m${line}\x1b[0m`);
function insist(holds, what) {
  if (!holds) throw new Error(`The story broke: ${what}.`);
}

/** Starts a program and resolves with the first match of `ready` in its output. */
async function run(args, ready, { env = {}, onLine = () => undefined, cwd = root } = {}) {
  const child = spawn(process.execPath, [join(root, args[0]), ...args.slice(1)], {
    cwd,
    env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = ready.exec(line);
      if (match) resolve(match);
      onLine(line);
    });
  });
}

async function json(url, { method = 'GET', body, headers = {} } = {}) {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : undefined };
}

async function play() {
  const swc = [
    'node_modules/@swc/cli/bin/swc.js',
    'test/support',
    '--out-dir',
    'dist-test',
    '--config-file',
    '.swcrc',
    '--quiet',
  ];
  insist(spawnSync(process.execPath, swc, { stdio: 'inherit' }).status === 0, 'the fakes did not compile');
  const [fakes] = await run(['dist-test/test/support/run-fakes.js'], /^\{.*\}$/);
  const { twilio, sns } = JSON.parse(fakes);
  const rotation = [];
  const [, url] = await run(['dist/main.js'], /is ready at (\S+)/, {
    // An empty folder, so that nobody's .env has a say in the story.
    cwd: folder,
    env: {
      NODE_ENV: 'test',
      PORT: '0',
      DATA_DIR: folder,
      API_KEYS: `demo:${API_KEY}`,
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'test-token',
      TWILIO_FROM_NUMBER: '+15005550006',
      TWILIO_BASE_URL: twilio,
      AWS_SNS_ACCESS_KEY_ID: 'AKIAFAKE00000000',
      AWS_SNS_SECRET_ACCESS_KEY: 'fake-secret',
      AWS_SNS_ENDPOINT: sns,
    },
    onLine: (line) => line.includes('"context":"Rotation"') && rotation.push(JSON.parse(line).msg),
  });
  const api = (path, body) =>
    json(`${url}${path}`, { method: body ? 'POST' : 'GET', body, headers: { authorization: `Bearer ${API_KEY}` } });
  const ledger = async (provider) => (await json(`${provider}/_ledger`)).body;
  const control = (provider, order) => json(`${provider}/_control`, { method: 'POST', body: order });
  const tellRotation = () => rotation.splice(0).forEach((line) => say(`  log: ${line}`));

  let phones = 0;
  /** Sends a code to a new phone; tells who carried it and how long the caller waited. */
  async function start() {
    const phone = `+1415555${String(2000 + phones++)}`;
    const begun = performance.now();
    const { status, body } = await api('/v1/verifications', { phone });
    insist(status === 201, `a start answered ${status} ${body?.code}`);
    const ms = Math.round(performance.now() - begun);
    const texts = { Twilio: await ledger(twilio), SNS: await ledger(sns) };
    const [carrier, text] =
      Object.entries(texts).flatMap(([name, all]) =>
        all.filter(({ to }) => to === phone).map((one) => [name, one.body]),
      )[0] ?? [];
    return { ...body, phone, carrier, text, code: /\d{6}/.exec(text ?? '')?.[0], ms };
  }

  title('Sixdigit, with Twilio first and Amazon SNS as its backup');
  say(`  Sixdigit ${url}, fake Twilio ${twilio}, fake SNS ${sns}`);

  title('1. A code is sent by the primary, and checked');
  const first = await start();
  insist(first.carrier === 'Twilio', 'the primary did not carry the first code');
  say(`  POST /v1/verifications -> ${first.status}, to ${first.phone}, in ${first.ms} ms`);
  say(`  the phone gets, by ${first.carrier}: "${first.text}"`);
  const wrong = await api(`/v1/verifications/${first.id}/check`, {
    code: first.code === '000000' ? '000001' : '000000',
  });
  say(`  a wrong guess  -> ${JSON.stringify(wrong.body)}`);
  const right = await api(`/v1/verifications/${first.id}/check`, { code: first.code });
  insist(right.body.valid === true, 'the right code was not accepted');
  say(`  the right code -> status ${right.body.status}, proof ${right.body.proof.slice(0, 32)}...`);
  const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
  const { payload } = await jwtVerify(right.body.proof, keys, { audience: 'demo' });
  say(`  another service verifies the proof by ${url}/.well-known/jwks.json: ${JSON.stringify(payload)}`);

  title('2. The primary breaks');
  await control(twilio, { down: true });
  for (let index = 1; index <= 5; index++) {
    const { carrier, ms, status } = await start();
    insist(carrier === 'SNS', 'the backup did not carry the code');
    say(`  code ${index}: ${status}, by ${carrier} after Twilio answered 503, in ${ms} ms`);
  }
  const broken = performance.now();
  await wait(50);
  tellRotation();
  const straight = await start();
  say(`  from now on straight to the backup: by ${straight.carrier}, in ${straight.ms} ms`);
  const ready = await api('/health/ready');
  insist(ready.status === 200, 'not ready with one provider left');
  say(
    `  GET /health/ready -> ${ready.status} ${ready.body.status}: ${JSON.stringify(ready.body.details?.sms ?? ready.body)}`,
  );

  title('3. The primary heals');
  await wait(3_000);
  await control(twilio, { heal: true });
  const healed = performance.now();
  say(
    `  Twilio answers again, ${((healed - broken) / 1_000).toFixed(1)} s after it left. Nobody tells Sixdigit; it pings.`,
  );
  let back;
  while (!back) {
    insist(performance.now() - healed < PATIENCE_MS, 'traffic did not return');
    await wait(500);
    const { carrier } = await start();
    if (carrier === 'Twilio') back = performance.now();
  }
  say(`  the first code on Twilio again: ${((back - healed) / 1_000).toFixed(1)} s after it healed`);
  const carriers = [];
  for (let index = 0; index < 20; index++) carriers.push((await start()).carrier);
  await wait(50);
  tellRotation();
  const share = carriers.filter((carrier) => carrier === 'Twilio').length;
  insist(share >= 19, `only ${share} of 20 codes went by the primary after its return`);
  say(`  of the next 20 codes, ${share} went by Twilio`);
  title(`Every one of ${phones} people got a code. That is all.`);
}

let failure;
try {
  await play();
} catch (error) {
  failure = error;
}
for (const child of children) {
  child.removeAllListeners('exit');
  if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
}
rmSync(folder, { recursive: true, force: true });
if (failure) {
  console.error(failure.message);
  process.exit(1);
}
