import { startApp, type TestApp } from '../setup/app.js';

describe('verification over HTTP', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.close());

  it('sends a code and checks it', async () => {
    const started = await app.call('POST', '/v1/verifications', { phone: '(415) 555-2671' });
    expect(started.status).toBe(201);
    expect(started.body).toMatchObject({
      status: 'pending',
      phone: '+******2671',
      channel: 'sms',
      sendsLeft: 4,
      checksLeft: 5,
    });
    const { id, testCode } = started.body;
    const wrong = String((Number(testCode) + 1) % 1_000_000).padStart(6, '0');
    expect((await app.call('POST', `/v1/verifications/${id}/check`, { code: wrong })).body).toEqual({
      status: 'pending',
      valid: false,
      checksLeft: 4,
    });
    const right = await app.call('POST', `/v1/verifications/${id}/check`, { code: testCode });
    expect(right.body).toEqual({ status: 'approved', valid: true, proof: expect.any(String) });
    expect((await app.call('GET', `/v1/verifications/${id}`)).body).toMatchObject({ status: 'approved' });
  });
});
