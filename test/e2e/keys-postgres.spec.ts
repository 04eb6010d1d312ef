import { setTimeout as sleep } from 'node:timers/promises';

import { startApp, type TestApp } from '../setup/app.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { signIn, SESSION } from '../setup/operator.js';

jest.setTimeout(60_000);

const PASSWORD = 'correct horse battery staple';
const KEYS = '/v1/admin/keys';

(serverUrl ? describe : describe.skip)('two instances', () => {
  const env = { ADMIN_PASSWORD: PASSWORD, APP_SECRET: 'app-secret-0123456789abcdefghijklmnop' };
  let database: TestDatabase;
  let [one, other] = [] as unknown as [TestApp, TestApp];
  beforeAll(async () => {
    database = await openTestDatabase();
    [one, other] = await Promise.all([startApp(env, database), startApp(env, database)]);
  });
  afterAll(async () => {
    await Promise.all([one.close(), other.close()]);
    await database.drop();
  });

  const ask = async (app: TestApp, key: string) =>
    (await app.call('GET', '/v1/verifications/nothing', undefined, { authorization: `Bearer ${key}` })).status;

  it('let in a key that the other made at once, and one that it revoked no more, soon', async () => {
    const operator = await signIn(one, PASSWORD);
    for (const name of ['one', 'two', 'three']) {
      const { id, key } = (await operator.call('POST', KEYS, { name, scopes: ['verify'] })).body;
      expect([await ask(other, key), await ask(one, key)]).toEqual([404, 404]);
      await operator.call('DELETE', `${KEYS}/${id}`);
      expect(await ask(one, key)).toBe(401);
      for (const end = Date.now() + 20_000; Date.now() < end && (await ask(other, key)) !== 401; ) await sleep(100);
      expect(await ask(other, key)).toBe(401);
    }
  });

  it('share sessions, and wrong passwords', async () => {
    const { cookie } = await signIn(one, PASSWORD);
    expect((await other.call('GET', SESSION, undefined, { authorization: '', cookie })).status).toBe(200);
    const tries = Array.from({ length: 40 }, (_, index) =>
      [one, other][index % 2]!.call('POST', SESSION, { password: 'wrong' }, { authorization: '' }),
    );
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(35);
  });
});
