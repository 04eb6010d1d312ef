import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { becomeAdmin, TESTS } from '../setup/admin.js';
import { startApp, type TestApp } from '../setup/app.js';
import { freePort } from '../setup/free-port.js';
import { startCluster } from '../setup/instances.js';
import { cleanUp, dataFolder, start, twilioEnv } from '../setup/process.js';
import { WebhookReceiver } from '../setup/webhook-receiver.js';
import { FakeTwilio } from '../support/index.js';

const ENDPOINTS = '/v1/webhook-endpoints';
const OWN = { WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8' };
const until = async (holds: () => boolean | Promise<boolean>, ms = 20_000) => {
  for (const end = performance.now() + ms; performance.now() < end; await wait(50)) if (await holds()) return true;
  return false;
};

let receiver: WebhookReceiver;
beforeEach(async () => void (receiver = await WebhookReceiver.start()));
afterEach(() => receiver.close());

describe('the routes', () => {
  let app: TestApp;
  let phones = 0;
  beforeEach(async () => void (app = await startApp(OWN)));
  afterEach(() => app.close());

  const approve = async () => {
    const phone = `+1415555${2600 + phones++}`;
    const { body } = await app.call('POST', '/v1/verifications', { phone });
    await app.call('POST', `/v1/verifications/${body.id}/check`, { code: body.testCode });
    return { id: body.id as string, phone, code: body.testCode as string };
  };
  const make = async (body: object = {}) => {
    const answer = await app.call('POST', ENDPOINTS, { url: receiver.url, ...body });
    if (answer.body.secret) receiver.secrets.push(answer.body.secret);
    return answer;
  };

  it('are not for a key without the scope "admin"', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    const routes = [
      ...[
        `POST ${ENDPOINTS}`,
        `GET ${ENDPOINTS}`,
        `POST ${ENDPOINTS}/${id}/rotate-secret`,
        `POST ${ENDPOINTS}/${id}/test`,
      ],
      ...['GET', 'PATCH', 'DELETE'].map((method) => `${method} ${ENDPOINTS}/${id}`),
      ...[
        `GET ${ENDPOINTS}/${id}/deliveries`,
        `POST ${ENDPOINTS}/${id}/replay`,
        `POST /v1/webhook-deliveries/${id}/replay`,
      ],
    ];
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ');
      expect((await app.call(method, path, method === 'GET' ? undefined : {})).status).toBe(403);
    }
  });

  it('have a server told what happens, signed, and show its secret once', async () => {
    await becomeAdmin(app);
    const { status, body } = await make({ description: 'billing' });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      url: receiver.url,
      events: [],
      description: 'billing',
      createdAt: expect.any(String),
      secret: expect.stringMatching(/^whsec_/),
    });
    const { id, phone, code } = await approve();
    expect(await until(() => receiver.types().length >= 3)).toBe(true);
    expect(receiver.types().sort()).toEqual(['message.accepted', 'message.delivered', 'verification.approved']);
    for (const { verifiedBy, body: told } of receiver.ledger) {
      expect(verifiedBy).toEqual([body.secret]);
      expect(JSON.parse(told).data).toMatchObject({ verificationId: id, phone: `+******${phone.slice(-4)}` });
      expect(told).not.toContain(code);
      expect(told).not.toContain(phone.slice(2));
    }
    expect((await app.call('GET', ENDPOINTS)).body).toEqual([
      expect.not.objectContaining({ secret: expect.anything() }),
    ]);
    for (const secret of [body.secret, phone.slice(2)]) expect(app.log()).not.toContain(secret);
    await until(
      async () => (await app.call('GET', `${ENDPOINTS}/${body.id}/deliveries?status=delivered`)).body.length === 3,
    );
    const { body: all } = await app.call('GET', `${ENDPOINTS}/${body.id}/deliveries`);
    expect(all.map(({ eventId }: { eventId: string }) => eventId).sort()).toEqual(
      receiver.ledger.map((told) => told.id).sort(),
    );
  });

  it('change, rotate, test, replay and delete', async () => {
    await becomeAdmin(app);
    const { id, secret } = (await make({ events: ['verification.approved'] })).body;
    const at = (path: string) => `${ENDPOINTS}/${id}${path}`;
    await approve();
    expect(await until(() => receiver.ledger.length === 1)).toBe(true);
    const rotated = await app.call('POST', at('/rotate-secret'));
    expect(rotated.body).toEqual({ secret: expect.stringMatching(/^whsec_/), formerUntil: expect.any(String) });
    receiver.secrets.push(rotated.body.secret);
    let all = [] as { id: string; status: string }[];
    await until(async () => (all = (await app.call('GET', at('/deliveries'))).body)[0]?.status === 'delivered');
    expect((await app.call('POST', `/v1/webhook-deliveries/${all[0]?.id}/replay`)).status).toBe(202);
    expect((await app.call('POST', at('/test'))).status).toBe(202);
    expect(await until(() => receiver.ledger.length === 3)).toBe(true);
    const again = receiver.ledger.filter((told) => told.id === receiver.ledger[0]?.id);
    expect(again.map(({ verifiedBy }) => verifiedBy)).toEqual([[secret], [secret, rotated.body.secret]]);
    expect(new Set(again.map(({ body }) => body)).size).toBe(1);
    const since = new Date(Date.now() - 60_000).toISOString();
    expect((await app.call('POST', at('/replay'), { since })).body).toEqual({ replayed: 0 });
    expect((await app.call('PATCH', at(''), { disabled: true })).body).toMatchObject({ disabledReason: 'operator' });
    expect((await app.call('POST', at('/test'))).body.code).toBe('WEBHOOK_DISABLED');
    expect((await app.call('DELETE', at(''))).status).toBe(204);
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/test'],
      ['GET', '/deliveries'],
    ] as const)
      expect((await app.call(method, at(path))).status).toBe(404);
  });

  it('refuse what is no place for a webhook, and what is no such request', async () => {
    await becomeAdmin(app);
    const wrong: [object, string][] = [
      [{ url: 'http://10.0.0.1/' }, 'WEBHOOK_URL_REFUSED'],
      [{ url: 'https://169.254.169.254/latest/meta-data/' }, 'WEBHOOK_URL_REFUSED'],
      [{ url: 'http://[::1]/' }, 'WEBHOOK_URL_REFUSED'],
      [{ url: 'http://user:word@127.0.0.1/' }, 'WEBHOOK_URL_REFUSED'],
      [{ url: 'gopher://127.0.0.1/' }, 'WEBHOOK_URL_REFUSED'],
      [{ url: 'nonsense' }, 'WEBHOOK_URL_REFUSED'],
      [{ url: 7 }, 'INVALID_REQUEST'],
      [{ events: ['message.lost'] }, 'INVALID_REQUEST'],
      [{ events: 'message.sent' }, 'INVALID_REQUEST'],
      [{ secret: 'whsec_mine' }, 'INVALID_REQUEST'],
    ];
    for (const [body, code] of wrong) {
      const answer = await make(body);
      expect([body, answer.status, answer.body.code]).toEqual([body, 400, code]);
    }
    expect((await app.call('GET', ENDPOINTS)).body).toEqual([]);
  });

  it('take no bad id, time or status', async () => {
    await becomeAdmin(app);
    const { id } = (await make()).body;
    expect((await app.call('GET', `${ENDPOINTS}/1`)).status).toBe(404);
    expect((await app.call('POST', `/v1/webhook-deliveries/${id}/replay`)).status).toBe(404);
    expect((await app.call('GET', `${ENDPOINTS}/${id}/deliveries?status=lost`)).status).toBe(400);
    for (const since of ['2026-W50-1', '2026-11-21T14', 'yesterday', 7, '', '2026-13-01T00:00:00Z'])
      expect((await app.call('POST', `${ENDPOINTS}/${id}/replay`, { since })).status).toBe(400);
  });
});

it('tells once of what a network reports, however often it does', async () => {
  const cluster = await startCluster(2, OWN);
  try {
    await cluster.instances[0].webhooks.create({ url: receiver.url }, TESTS);
    await cluster.instances[0].verifications.start({ phone: '+14155552671', purpose: 'login', channel: 'sms' });
    const [attempt] = await cluster.data.database.query<{ id: string }>(
      { name: '', text: 'SELECT id FROM attempts' },
      [],
    );
    for (const status of ['sent', 'delivered', 'sent'] as const)
      await Promise.all(
        [...cluster.instances, ...cluster.instances].map(({ reports }) =>
          reports.record('twilio', { attemptId: attempt?.id, status }),
        ),
      );
    expect(await until(() => receiver.types().length >= 3)).toBe(true);
    await wait(2_500);
    expect(receiver.types().sort()).toEqual(['message.accepted', 'message.delivered', 'message.sent']);
  } finally {
    await cluster.close();
  }
});

describe('the program', () => {
  afterEach(cleanUp);

  const cli = (env: Record<string, string | undefined>, ...args: string[]) =>
    execFileSync(process.execPath, [resolve(__dirname, '../../dist/cli/main.js'), 'webhooks', ...args], {
      env: { PATH: process.env.PATH, ...env },
      encoding: 'utf8',
    });

  it('killed with -9 between the POST and its record tells again: same id, same body', async () => {
    const twilio = await FakeTwilio.start();
    const env = { ...OWN, DATA_DIR: await dataFolder(), ...twilioEnv(twilio) };
    const made = cli(env, 'create', receiver.url, '--events', 'message.accepted', '--description', 'killer');
    receiver.secrets.push(/whsec_\S+/.exec(made)?.[0] ?? '');
    expect(cli(env, 'list')).toMatch(/^[0-9a-f-]{36} {2}http:\S+ {2}message\.accepted {2}killer\n$/);

    const first = await start(env);
    receiver.answer = () => first.signal('SIGKILL');
    await first.send('+14155552671');
    expect(await first.exit).toMatchObject({ signal: 'SIGKILL' });
    expect(receiver.ledger).toHaveLength(1);

    receiver.status(204);
    const second = await start(env);
    // As soon as the lease of the process that is gone has run out.
    expect(await until(() => receiver.ledger.length === 2, 40_000)).toBe(true);
    await wait(1_500);
    await second.stop();
    expect(receiver.ledger).toHaveLength(2);
    expect(new Set(receiver.ledger.map(({ id, body }) => id + body)).size).toBe(1);
    expect(receiver.ledger.every(({ verifiedBy }) => verifiedBy.length === 1)).toBe(true);

    const id = made.split(/\s+/)[1] ?? '';
    const [line = ''] = cli(env, 'deliveries', id, '--status', 'delivered').split('\n');
    expect(line).toContain('message.accepted  delivered  tries=2');
    expect(cli(env, 'replay', line.split(/\s+/)[1] ?? '')).toMatch(/^1 to be told again/);
    expect(cli(env, 'rotate', id)).toMatch(/^secret {3}whsec_/);
    expect(cli(env, 'delete', id)).toBe(`deleted ${id}\n`);
    expect(() => cli(env, 'delete', id)).toThrow('There is no such endpoint.');
    await twilio.close();
  }, 120_000);
});

describe('the receiver in the documentation', () => {
  it('prints what it is told, and refuses what is not signed', async () => {
    const docs = readFileSync(join(__dirname, '../../docs/webhooks.md'), 'utf8');
    const code = /```js[^\n]*\n([^]*?)```/.exec(docs)?.[1] ?? '';
    const folder = resolve(__dirname, '../../node_modules/.cache/sixdigit');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `receiver-${process.pid}.mjs`); // where standardwebhooks is found
    writeFileSync(file, code);
    const app = await startApp(OWN);
    await becomeAdmin(app);
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}/`;
    const { secret } = (await app.call('POST', ENDPOINTS, { url })).body;
    const child = spawn(process.execPath, [file], { env: { WEBHOOK_SECRET: secret, PORT: port } });
    try {
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
      const post = () => fetch(url, { method: 'POST', body: '{"type":"forged"}' }).catch(() => undefined);
      expect(await until(async () => (await post())?.status === 400)).toBe(true);
      const { body } = await app.call('POST', '/v1/verifications', { phone: '+14155552671' });
      await app.call('POST', `/v1/verifications/${body.id}/check`, { code: body.testCode });
      await until(() => said.split('\n').length > 3);
      expect(said.split('\n').sort()).toEqual([
        '',
        `message.accepted ${body.id} +******2671`,
        `message.delivered ${body.id} +******2671`,
        `verification.approved ${body.id} +******2671`,
      ]);
    } finally {
      child.kill();
      await once(child, 'exit');
      await app.close();
      rmSync(file);
    }
  });
});
