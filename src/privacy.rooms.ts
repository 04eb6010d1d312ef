import type { Type } from '@nestjs/common';

import { AnalyticsData } from './analytics/index.js';
import { AuditData } from './audit/index.js';
import { AuthData } from './auth/index.js';
import { BatchData } from './batches/index.js';
import { ConsoleData } from './console/index.js';
import { FraudData } from './fraud/index.js';
import { AnswerData } from './idempotency/index.js';
import type { PersonalData } from './kernel/index.js';
import { LimitsData } from './limits/index.js';
import { SenderData } from './senders/index.js';
import { LookupData } from './lookups/index.js';
import { MessageData } from './sms/index.js';
import { SpendData } from './spend/index.js';
import { VerificationData } from './verification/index.js';
import { WebhookData } from './webhooks/index.js';

/**
 * Every room that keeps something about phones, or that keeps anything for a time only, for the program and for its commands. In
 * this order they are erased: whose rows make others write comes before those, so verifications before the users that come of them, and
 * the limits last, which know a phone's former keys.
 */
export const PERSONAL_DATA: readonly Type<PersonalData>[] = [
  ...[VerificationData, MessageData, BatchData, AnswerData, AuthData],
  ...[WebhookData, FraudData, AuditData, SpendData, AnalyticsData, SenderData, LookupData, ConsoleData],
  LimitsData,
];
