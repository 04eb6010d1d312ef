import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { startApp, type TestApp } from '../setup/app.js';

const HTML = 'text/html; charset=utf-8';
const POLICY =
  "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none';script-src 'self';style-src 'self';" +
  "img-src 'self';connect-src 'self';require-trusted-types-for 'script';trusted-types 'none'";

describe('the pages', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp({ ADMIN_PASSWORD: 'password password' })));
  afterAll(() => app.close());
  const get = (path: string, headers: Record<string, string> = {}) => fetch(app.url + path, { headers });

  it.each(['/admin', '/admin/', '/admin/verifications/1', '/inbox'])(
    'are one document at %s, asked for anew each time',
    async (path) => {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': HTML,
        'cache-control': 'no-cache',
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
      const html = await answer.text();
      expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|<[^>]+\son\w+=/);
      for (const [, file = ''] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
        expect(file).toMatch(/^\/(assets\/[\w.-]+|docs)$/);
        expect((await get(file)).status).toBe(200);
      }
      const again = await get(path, { 'if-none-match': answer.headers.get('etag') ?? '' });
      expect([again.status, await again.text()]).toEqual([304, '']);
    },
  );

  it('have files that are kept for ever, and sent as they were pressed together when they were built', async () => {
    const files = readdirSync('dist-pages/assets').filter((name) => !/\.(gz|br)$/.test(name));
    expect(files.length).toBeGreaterThan(3);
    for (const name of files) {
      const plain = await get(`/assets/${name}`, { 'accept-encoding': 'identity' });
      expect(plain.status).toBe(200);
      expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      const content = Buffer.from(await plain.arrayBuffer());
      expect(content.equals(readFileSync(`dist-pages/assets/${name}`))).toBe(true);
      expect(gunzipSync(readFileSync(`dist-pages/assets/${name}.gz`)).equals(content)).toBe(true);
      const pressed = await get(`/assets/${name}`, { 'accept-encoding': 'gzip' });
      expect(pressed.headers.get('content-encoding')).toBe('gzip');
      expect(pressed.headers.get('vary')).toMatch(/accept-encoding/i);
    }
  });

  it.each([
    '/assets/nothing.js',
    '/assets/',
    '/assets/..%2findex.html',
    '/assets/%2e%2e/.built',
    '/assets/../package.json',
  ])('have no file at %s', async (path) => {
    const answer = await get(path);
    expect([403, 404]).toContain(answer.status);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it('leave the API as it was', async () => {
    const answer = await get('/v1/admin/keys');
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-security-policy')).not.toContain('script-src');
    const post = await fetch(`${app.url}/admin`, { method: 'POST' });
    expect(post.status).toBe(404);
  });
});

describe('the dashboard without ADMIN_PASSWORD, and the inbox where texts leave', () => {
  it('are pages that say how to turn them on', async () => {
    const app = await startApp({
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'test-token',
      TWILIO_FROM_NUMBER: '+15005550006',
      TWILIO_BASE_URL: 'http://127.0.0.1:9',
    });
    for (const [path, said] of [
      ['/admin', 'ADMIN_PASSWORD='],
      ['/inbox/x', 'SMS_SIMULATION_MODE=true'],
    ] as const) {
      const answer = await fetch(app.url + path);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([404, HTML]);
      expect(await answer.text()).toContain(said);
    }
    await app.close();
  });
});
