import type { PGlite, Transaction as PgliteTransaction } from '@electric-sql/pglite';
import type {
  SqlDriverAdapter,
  SqlMigrationAwareDriverAdapterFactory,
  Transaction,
} from '@prisma/driver-adapter-utils';
import { PrismaPGlite } from 'pglite-prisma-adapter';

type Internals = SqlDriverAdapter & { client: unknown; onError(error: unknown): never };

/**
 * pglite-prisma-adapter 0.7.2 with three faults repaired: executeScript() returned before the script had run; an error
 * at COMMIT was swallowed; the isolation level was set outside the transaction, so it had no effect.
 */
export function pgliteAdapter(db: PGlite, newShadow?: () => Promise<PGlite>): SqlMigrationAwareDriverAdapterFactory {
  return {
    provider: 'postgres',
    adapterName: 'pglite',
    connect: () => repaired(db, false),
    connectToShadowDb: async () => {
      if (!newShadow) throw new Error('no shadow database here');
      return repaired(await newShadow(), true);
    },
  };
}

async function repaired(client: PGlite, owned: boolean): Promise<SqlDriverAdapter> {
  const adapter = (await new PrismaPGlite(client).connect()) as Internals;
  adapter.executeScript = async (sql) => {
    await client.exec(sql).catch((error: unknown) => adapter.onError(error));
  };
  adapter.startTransaction = (isolation) => begin(client, adapter, isolation);
  adapter.dispose = async () => {
    if (owned) await client.close();
  };
  return adapter;
}

/** PGlite's transactions are callbacks and Prisma's are handles: the callback is held open until the handle is used. */
function begin(client: PGlite, adapter: Internals, isolation?: string): Promise<Transaction> {
  return new Promise<Transaction>((resolve, reject) => {
    let release!: () => void;
    const held = new Promise<void>((done) => (release = done));
    const finished = client.transaction(async (tx: PgliteTransaction) => {
      if (isolation) await tx.exec(`SET TRANSACTION ISOLATION LEVEL ${isolation}`);
      resolve(
        Object.assign(Object.create(adapter) as Internals, {
          client: tx,
          options: { usePhantomQuery: true },
          commit: async () => {
            release();
            await finished.catch((error: unknown) => adapter.onError(error));
          },
          rollback: async () => {
            await tx.rollback();
            release();
            await finished;
          },
        }),
      );
      await held;
    });
    finished.catch(reject); // only a failure before resolve(); later ones reach commit() and rollback()
  });
}
