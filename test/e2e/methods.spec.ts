import { connect } from 'node:net';

import { startApp, type TestApp } from '../setup/app.js';

describe('methods that nobody needs', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  /** Node's own clients refuse to send some of them. */
  const send = (method: string, path: string) =>
    new Promise<string>((resolve, reject) => {
      const { port } = new URL(app.url);
      let text = '';
      connect(Number(port), '127.0.0.1')
        .on('data', (chunk) => (text += String(chunk)))
        .on('close', () => resolve(text))
        .on('error', reject)
        .end(`${method} ${path} HTTP/1.1\r\nHost: x\r\nX-Zebra: zebra\r\nConnection: close\r\n\r\n`);
    });

  it.each(['TRACE', 'TRACK', 'CONNECT', 'PROPFIND', 'SEARCH', 'DEBUG'])(
    '%s does nothing, and echoes nothing',
    async (method) => {
      for (const path of ['/', '/health/live', '/v1/verifications']) {
        const answer = await send(method, path);
        expect(answer).not.toContain('zebra');
        expect(answer.split('\r\n', 1)[0]).toMatch(/^($|HTTP\/1\.1 4\d\d )/);
      }
    },
  );
});
