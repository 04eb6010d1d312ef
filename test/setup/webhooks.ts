import { randomUUID } from 'node:crypto';

import { ConsoleLogger, Global, Module, type DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';

import { KernelModule } from '../../src/kernel.module.js';
import { KeyRing, PhoneNumber } from '../../src/kernel/index.js';
import { Database, PrismaService } from '../../src/prisma/index.js';
import {
  WebhookDeliveries,
  WebhookEndpoints,
  WebhookEvents,
  WebhooksModule,
  WebhookWorker,
  type WebhooksOptions,
} from '../../src/webhooks/index.js';
import type { TestDatabase } from './database.js';
import { SpiedDatabase } from './instances.js';

export interface WebhookInstance {
  readonly endpoints: WebhookEndpoints;
  readonly deliveries: WebhookDeliveries;
  readonly events: WebhookEvents;
  readonly worker: WebhookWorker;
  readonly keys: KeyRing;
  readonly database: SpiedDatabase;
  close(): Promise<void>;
}

@Global()
@Module({})
class DatabaseOf {}

/** One process that does nothing but webhooks; it looks for due ones only when it is told to, unless `deliver` is true. */
export async function startWebhooks(
  data: TestDatabase,
  options: Partial<WebhooksOptions> = {},
  secrets = { current: 'a test secret of more than 32 bytes' } as { current: string; previous?: string },
): Promise<WebhookInstance> {
  const inner = await data.another();
  const database = new SpiedDatabase(inner);
  const prisma = new PrismaService(inner.adapter);
  const databases: DynamicModule = {
    module: DatabaseOf,
    providers: [
      { provide: Database, useValue: database },
      { provide: PrismaService, useValue: prisma },
    ],
    exports: [Database, PrismaService],
  };
  const webhooks = WebhooksModule.forRoot({
    httpsOnly: false,
    privateNetworks: ['127.0.0.0/8'],
    deliver: false,
    ...options,
  });
  const module = await Test.createTestingModule({ imports: [KernelModule.forRoot(secrets), databases, webhooks] })
    .setLogger(new ConsoleLogger({ logLevels: [] }))
    .compile();
  await module.init();
  return {
    endpoints: module.get(WebhookEndpoints),
    deliveries: module.get(WebhookDeliveries),
    events: module.get(WebhookEvents),
    worker: module.get(WebhookWorker),
    keys: module.get(KeyRing),
    database,
    close: async () => {
      await module.close();
      await prisma.$disconnect();
    },
  };
}

export const sql = <Row extends object>(data: TestDatabase, text: string, values: readonly unknown[] = []) =>
  data.database.query<Row>({ name: '', text }, values);

/** A verification and its message, as a start leaves them. */
export async function startRows(
  data: TestDatabase,
  keys: KeyRing,
  e164 = '+14155552671',
): Promise<{ readonly verificationId: string; readonly messageId: string }> {
  const [verificationId, messageId] = [randomUUID(), randomUUID()];
  const phone = PhoneNumber.parse(e164);
  const key = keys.lookupKey('phone', phone.line);
  const { version, data: sealed } = keys.seal(phone.e164, key);
  await sql(
    data,
    `INSERT INTO verifications (id, purpose, channel, phone_key, phone_sealed, key_version, code_length, max_checks, created_at, expires_at, next_send_at)
      VALUES ($1, 'checkout', 'sms', $2, $3, $4, 6, 5, now(), now() + interval '10 minutes', now())`,
    [verificationId, key, sealed, version],
  );
  await sql(
    data,
    `INSERT INTO messages (id, verification_id, phone_key, phone_sealed, key_version, template, status, created_at, updated_at, expires_at)
      VALUES ($5, $1, $2, $3, $4, 'code', 'sending', now(), now(), now() + interval '10 minutes')`,
    [verificationId, key, sealed, version, messageId],
  );
  await sql(
    data,
    `INSERT INTO attempts (id, message_id, provider, started_at) VALUES (gen_random_uuid(), $1, 'twilio', now())`,
    [messageId],
  );
  return { verificationId, messageId };
}

export const setMessage = (data: TestDatabase, id: string, status: string) =>
  sql(data, `UPDATE messages SET status = $2::message_status, updated_at = clock_timestamp() WHERE id = $1`, [
    id,
    status,
  ]);

/** Everything that waits for its next try is due. */
export const makeDue = (data: TestDatabase) =>
  sql(
    data,
    `UPDATE webhook_deliveries SET next_at = now() - interval '1 second', lease_until = NULL WHERE next_at IS NOT NULL`,
  );
