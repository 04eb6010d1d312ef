import { AuditLog, AuditModule } from '../audit/index.js';
import type { AppConfig } from '../config/index.js';
import { FraudModule } from '../fraud/index.js';
import { LimitsModule } from '../limits/index.js';
import { PERSONAL_DATA } from '../privacy.rooms.js';
import { PrivacyModule, PrivacyService } from '../privacy/index.js';
import { RedisModule } from '../redis/index.js';
import { WebhooksModule } from '../webhooks/index.js';
import { withRooms } from './rooms.js';

/** Runs `work` with what every room keeps about phones. @throws as `withRooms` */
export const withPrivacy = <T>(
  work: (privacy: PrivacyService, config: AppConfig, audit: AuditLog) => Promise<T>,
): Promise<T> =>
  withRooms(
    ({ limits, redis, fraud, webhooks }) => [
      RedisModule.forRoot({ server: redis }),
      LimitsModule.forRoot(limits),
      AuditModule,
      FraudModule.forRoot(fraud),
      WebhooksModule.forRoot({ ...webhooks, deliver: false }),
      PrivacyModule.forRoot({ rooms: PERSONAL_DATA }),
    ],
    (rooms, config) => work(rooms.get(PrivacyService), config, rooms.get(AuditLog)),
  );
