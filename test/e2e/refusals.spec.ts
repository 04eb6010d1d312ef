import { startApp, type TestApp } from '../setup/app.js';

const START = '/v1/verifications';

describe('a refused key', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ SMS_LOG_LEVEL: 'info' });
  });
  afterAll(() => app.close());

  it('is in the log, with route and network, and a hundred are no hundred lines', async () => {
    const key = 'zebra-0123456789abcdef';
    for (let times = 0; times < 100; times++) {
      const { status } = await app.call('POST', START, { phone: '+12125550147' }, { authorization: `Bearer ${key}` });
      expect(status).toBe(401);
    }
    const lines = app
      .log()
      .split('\n')
      .filter((line) => line.includes(`POST ${START}: unauthorized: UNAUTHORIZED`));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(4); // one a minute and its count, on a machine that has all day
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'warn',
      context: 'Http',
      msg: expect.stringContaining('(from 127.'),
    });
    expect(app.log()).not.toContain('zebra');
  });
});
