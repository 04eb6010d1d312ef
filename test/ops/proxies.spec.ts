import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { openTestDatabase, serverUrl } from '../setup/database.js';
import { freePort } from '../setup/free-port.js';
import { cleanUp, dataFolder, PRODUCTION, start, tempFolder, twilioEnv, type Program } from '../setup/process.js';
import { FakeTwilio, signingPair, twilioSignature } from '../support/index.js';
import { type Daemon, onInstalled, startDaemon } from './installed.js';
import { callByTls } from './tls-call.js';

jest.setTimeout(240_000);

const KEY = 'test-key-0123456789abcdef';
const PASSWORD = 'correct horse battery staple';
const BEHIND = {
  PUBLIC_BASE_URL: 'https://verify.example.com',
  TRUSTED_PROXIES: '127.0.0.1',
  ADMIN_PASSWORD: PASSWORD,
};
const json = { 'content-type': 'application/json', authorization: `Bearer ${KEY}` };

type Front = (https: number, upstreams: readonly number[]) => Promise<Daemon>;

function certificate(folder: string): { readonly cert: string; readonly key: string } {
  const pair = signingPair('verify.example.com', 'ec');
  const paths = { cert: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') };
  writeFileSync(paths.cert, pair.cert);
  writeFileSync(paths.key, pair.key);
  return paths;
}

/** ops/nginx/sixdigit.conf with other ports and another certificate. */
const nginx: Front = async (https, upstreams) => {
  const folder = tempFolder();
  const { cert, key } = certificate(folder);
  const http = await freePort();
  const site = readFileSync('ops/nginx/sixdigit.conf', 'utf8')
    .replace('listen 80;', `listen 127.0.0.1:${http};`)
    .replace('listen 443 ssl', `listen 127.0.0.1:${https} ssl`)
    .replace(
      'server 127.0.0.1:3000 max_fails=0;',
      upstreams.map((port) => `server 127.0.0.1:${port} max_fails=0;`).join(' '),
    )
    .replace('/etc/ssl/sixdigit/certificate.pem', cert)
    .replace('/etc/ssl/sixdigit/key.pem', key);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const paths = temporary.map((name) => `${name}_temp_path ${join(folder, name)};`).join(' ');
  const conf = `daemon off; pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${paths}\n${site}\n}`;
  writeFileSync(join(folder, 'nginx.conf'), conf);
  return startDaemon('nginx', ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')], https);
};

/** ops/caddy/Caddyfile with another port and certificate. */
const caddy: Front = async (https, upstreams) => {
  const folder = tempFolder();
  const { cert, key } = certificate(folder);
  const file = readFileSync('ops/caddy/Caddyfile', 'utf8')
    .replace('verify.example.com {', `https://verify.example.com:${https} {\n\tbind 127.0.0.1\n\ttls ${cert} ${key}`)
    .replaceAll('127.0.0.1:3000', upstreams.map((port) => `127.0.0.1:${port}`).join(' '));
  writeFileSync(join(folder, 'Caddyfile'), `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${file}`);
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  return startDaemon('caddy', ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], https, { env });
};

describe.each([
  ['nginx', nginx],
  ['caddy', caddy],
] as const)('behind %s, as its example says', (name, front) => {
  onInstalled(name)('the program', () => {
    let twilio: FakeTwilio;
    let program: Program;
    let proxy: Daemon;
    let https: number;
    beforeAll(async () => {
      twilio = await FakeTwilio.start();
      const env = { ...PRODUCTION, ...twilioEnv(twilio), ...BEHIND, HOST: '127.0.0.1', DATA_DIR: await dataFolder() };
      program = await start(env);
      https = await freePort();
      proxy = await front(https, [program.port]);
    });
    afterAll(async () => {
      await proxy?.stop();
      await cleanUp();
      await twilio.close();
    });

    it('is reached by TLS, and tells browsers to come by nothing else', async () => {
      const { status, headers } = await callByTls(https, '/.well-known/jwks.json');
      expect([status, headers['strict-transport-security']]).toEqual([200, expect.stringMatching(/max-age=\d{8}/)]);
    });

    it('knows where a caller is, whatever he says of himself', async () => {
      const headers = {
        'content-type': 'application/json',
        'x-forwarded-for': '203.0.113.7',
        forwarded: 'for=203.0.113.7',
      };
      const sign = { method: 'POST', headers, body: JSON.stringify({ password: PASSWORD }), from: '127.0.7.9' };
      // Operators come from inside: nginx lets 127.0.0.1 in, not the rest of loopback; Caddy calls all of it private.
      const operator = await callByTls(https, '/v1/admin/session', {
        ...sign,
        from: name === 'nginx' ? '127.0.0.1' : '127.0.7.9',
      });
      expect(operator.status).toBe(201);
      const cookie = String(operator.headers['set-cookie']?.[0]).split(';', 1)[0] ?? '';
      expect(cookie).toMatch(/^__Host-sixdigit-admin=/);
      const { body } = await callByTls(https, '/v1/admin/audit', { headers: { cookie } });
      expect(body).toContain(name === 'nginx' ? '127.0.0.0/24' : '127.0.7.0/24');
      expect(body).not.toContain('203.0.113');
    });

    it('counts callers of public routes apart', async () => {
      const login = (from: string, phone: string) =>
        callByTls(https, '/v1/auth/phone/start', {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-forwarded-for': `198.51.100.${Math.floor(Math.random() * 250)}`,
          },
          body: JSON.stringify({ phone }),
          from,
        });
      const statuses: number[] = [];
      for (let n = 0; n < 6; n++) statuses.push((await login('127.0.9.1', `+1415555267${n}`)).status);
      expect(statuses).toEqual([201, 201, 201, 201, 201, 429]); // five numbers an hour for an address
      expect((await login('127.0.99.1', '+14155552679')).status).toBe(201);
    });

    it('believes the reports that Twilio signs for the address that the proxy has', async () => {
      const started = await callByTls(https, '/v1/verifications', {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ phone: '+12125550123' }),
      });
      const { id: verification } = JSON.parse(started.body) as { id: string };
      const { id, fields } = twilio.ledger.at(-1)!;
      const url = String(fields.StatusCallback);
      expect(url).toMatch(/^https:\/\/verify\.example\.com\/v1\/webhooks\/twilio\//);
      const form = new URLSearchParams({ MessageSid: id, MessageStatus: 'delivered', AccountSid: twilio.accountSid });
      const tell = (signature: string) =>
        callByTls(https, new URL(url).pathname, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature },
          body: form.toString(),
        });
      expect((await tell(twilioSignature('another-token', url.replace(/#.*/, ''), form))).status).toBe(403);
      expect((await tell(twilioSignature('test-token', url, form))).status).toBeLessThan(300);
      const seen = async () => (await program.call('GET', `/v1/verifications/${verification}`)).body.delivery as string;
      for (const end = performance.now() + 5_000; (await seen()) !== 'delivered' && performance.now() < end; )
        await sleep(50);
      expect(await seen()).toBe('delivered');
    });
  });

  onInstalled(name)('a page that shows what happens as it happens', () => {
    it('gets every event at once', async () => {
      const events: Server = createServer((_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n'); // and stays open
      }).listen(0, '127.0.0.1');
      await once(events, 'listening');
      const https = await freePort();
      const proxy = await front(https, [(events.address() as AddressInfo).port]);
      const { body, firstByteMs } = await callByTls(https, '/admin/events', { firstBytes: true });
      expect(body).toBe('data: first\n\n');
      expect(firstByteMs).toBeLessThan(3_000);
      await proxy.stop();
      events.closeAllConnections();
      events.close();
      await cleanUp();
    });
  });
});

(serverUrl ? onInstalled('nginx') : describe.skip)('two instances behind nginx', () => {
  it('are restarted one after the other, and nobody who asks again by the same key notices', async () => {
    const twilio = await FakeTwilio.start();
    const database = await openTestDatabase();
    const ports = [await freePort(), await freePort()];
    const env = { ...PRODUCTION, ...twilioEnv(twilio), ...BEHIND, HOST: '127.0.0.1', DATABASE_URL: database.url };
    const launchAt = (port: number) => start({ ...env, PORT: String(port), DATA_DIR: tempFolder() });
    const programs = await Promise.all(ports.map(launchAt));
    const https = await freePort();
    const proxy = await nginx(https, ports);
    const answers: number[] = [];
    let asking = true;
    const ask = async (caller: number) => {
      for (let n = 0; asking; n++) {
        const body = JSON.stringify({ phone: `+1415555${String(1000 + ((caller * 997 + n) % 9000))}` });
        const headers = { ...json, 'idempotency-key': `${caller}-${n}` };
        const once = () =>
          callByTls(https, '/v1/verifications', { method: 'POST', headers, body }).catch(() => ({ status: 0 }));
        let { status } = await once();
        // A connection that nginx kept was closed as it used it again: it does not repeat a POST, but whoever has a key may.
        if (status === 502) ({ status } = await once());
        answers.push(status);
      }
    };
    const callers = [1, 2, 3, 4].map(ask);
    for (const [n, port] of ports.entries()) {
      await sleep(1_000);
      programs[n]!.signal('SIGTERM');
      expect(await programs[n]!.exit).toMatchObject({ code: 0, signal: null });
      programs[n] = await launchAt(port);
      await sleep(500);
    }
    asking = false;
    await Promise.all(callers);
    expect(answers.length).toBeGreaterThan(50);
    expect(answers.filter((status) => status !== 201 && status !== 429)).toEqual([]);
    // Nobody got two, asked again or not.
    const texts = twilio.ledger.map(({ to }) => to);
    expect(texts.length).toBe(answers.filter((status) => status === 201).length);
    await proxy.stop();
    await cleanUp();
    await database.drop();
    await twilio.close();
  });
});
