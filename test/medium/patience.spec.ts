import { openTestDatabase, type TestDatabase } from '../setup/database.js';

let data: TestDatabase;
beforeAll(async () => {
  data = await openTestDatabase();
});
afterAll(() => data.drop());

const sleep = { name: 'sleep', text: 'SELECT pg_sleep($1)' };
const timeoutNow = async () =>
  (
    await data.database.query<{ is: string }>(
      { name: '', text: "SELECT current_setting('statement_timeout') AS is" },
      [],
    )
  )[0];

it('gives a statement that nobody waits for the time it says, and no other', async () => {
  const before = await timeoutNow();
  await data.database.query({ ...sleep, longestMs: 20_000 }, [6.5]);
  expect(await timeoutNow()).toEqual(before);
});

it('gives up what takes longer than it says, and goes on', async () => {
  if (!data.url) return; // the embedded database has no such limit
  await expect(data.database.query({ ...sleep, longestMs: 200 }, [5])).rejects.toThrow('cannot be reached');
  expect(await data.database.query({ name: '', text: 'SELECT 1 AS one' }, [])).toEqual([{ one: 1 }]);
});
