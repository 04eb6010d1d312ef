import { createHash, randomBytes, randomUUID } from 'node:crypto';

import type { Clock } from '../../src/kernel/index.js';
import { systemClock } from '../../src/kernel/index.js';
import { KeyRegistry, KeyUses } from '../../src/keys/index.js';
import { DatabaseUnavailable } from '../../src/prisma/index.js';
import { openTestDatabase, type TestDatabase } from '../setup/database.js';
import { SpiedDatabase } from '../setup/instances.js';

const READ = 'active_api_keys';

describe('the keys that an instance knows', () => {
  let data: TestDatabase;
  let database: SpiedDatabase;
  let registry: KeyRegistry;
  let uses: KeyUses;
  let passed: number;
  const clock: Clock = {
    ...systemClock,
    monotonic: () => systemClock.monotonic() + passed,
    wait: (ms) => Promise.resolve((passed += ms)),
  };

  beforeAll(async () => void (data = await openTestDatabase()));
  afterAll(() => data.drop());
  beforeEach(async () => {
    passed = 0;
    database = new SpiedDatabase(data.database);
    uses = new KeyUses(database, clock);
    registry = new KeyRegistry(database, uses, clock, { takenNames: [], refreshMs: 3_600_000 });
    await registry.onModuleInit();
  });
  afterEach(() => registry.beforeApplicationShutdown());

  const newHash = () => randomBytes(32).toString('hex');
  async function make(): Promise<{ id: string; hash: string }> {
    const [id, hash] = [randomUUID(), createHash('sha256').update(randomUUID()).digest('hex')];
    await data.database.query(
      {
        name: '',
        text: `INSERT INTO api_keys (id, name, active_name, hash, hint, scopes, created_at, created_by)
          VALUES ($1, $1::uuid::text, $1::uuid::text, decode($2, 'hex'), 'hint', '{verify,nonsense}', now(), 'test')`,
      },
      [id, hash],
    );
    return { id, hash };
  }
  const reads = () => database.statements.filter((name) => name === READ).length;

  it('are looked up when they are new to it, and from then on cost nothing', async () => {
    const { hash, id } = await make();
    expect(await registry.callerWith(hash)).toEqual({ name: id, scopes: ['verify'] });
    database.statements.length = 0;
    for (let ask = 0; ask < 1_000; ask++) expect(registry.callerWith(hash)).toEqual({ name: id, scopes: ['verify'] });
    expect(database.statements).toEqual([]);
  });

  it('are asked about once for all who bring unknown ones at the same time', async () => {
    const before = reads();
    const callers = await Promise.all(Array.from({ length: 200 }, async () => registry.callerWith(newHash())));
    expect(new Set(callers)).toEqual(new Set([undefined]));
    expect(reads() - before).toBe(1);
  });

  it('are asked about once a second', async () => {
    const [before, begun] = [reads(), clock.monotonic()];
    for (let ask = 0; ask < 20; ask++) await registry.callerWith(newHash());
    expect(clock.monotonic() - begun).toBeGreaterThanOrEqual(19_000);
    expect(reads() - before).toBe(20);
  });

  it('go on being known for a minute without a database, and then nobody can tell', async () => {
    const { hash, id } = await make();
    await registry.callerWith(hash);
    database.lost.add(READ);
    passed += 50_000;
    expect(await registry.callerWith(hash)).toMatchObject({ name: id });
    passed += 11_000;
    await expect(registry.callerWith(hash)).rejects.toThrow(DatabaseUnavailable);
    database.lost.delete(READ);
    expect(await registry.callerWith(hash)).toMatchObject({ name: id });
  });

  it('are not refused as unknown when nobody can tell', async () => {
    database.lost.add(READ);
    await expect(registry.callerWith(newHash())).rejects.toThrow(DatabaseUnavailable);
  });

  it('are not brought back by a read that was begun before they were revoked', async () => {
    const { hash, id } = await make();
    await registry.callerWith(hash);
    const stale = data.database.query.bind(data.database);
    // The read has its rows, and before it hands them over the key is revoked.
    jest.spyOn(data.database, 'query').mockImplementationOnce((async (statement: never, values: never) => {
      const rows = await stale(statement, values);
      await stale({ name: '', text: 'UPDATE api_keys SET revoked_at = now(), active_name = NULL WHERE id = $1' }, [id]);
      registry.forget(id);
      return rows;
    }) as typeof data.database.query);
    await registry.refresh();
    expect(await registry.callerWith(hash)).toBeUndefined();
  });

  it('are written down as used once a minute, and what could not be written is written later', async () => {
    const { hash, id } = await make();
    await registry.callerWith(hash);
    database.lost.add('touch_api_keys');
    await expect(uses.write()).rejects.toThrow(DatabaseUnavailable);
    database.lost.clear();
    database.statements.length = 0;
    for (let round = 0; round < 12; round++) {
      await registry.callerWith(hash);
      await uses.write();
      passed += 5_000;
    }
    expect(database.statements).toEqual(['touch_api_keys']);
    passed += 60_000;
    await uses.write();
    await uses.write();
    expect(database.statements).toEqual(['touch_api_keys', 'touch_api_keys']);
    const [row] = await data.database.query<{ last_used_at: Date | null }>(
      { name: '', text: 'SELECT last_used_at FROM api_keys WHERE id = $1' },
      [id],
    );
    expect(row?.last_used_at).toBeInstanceOf(Date);
  });
});
