import type { Type } from '@nestjs/common';

import { AnswerData } from './idempotency/index.js';
import type { PersonalData } from './kernel/index.js';
import { LimitsData } from './limits/index.js';
import { MessageData } from './sms/index.js';
import { VerificationData } from './verification/index.js';

/**
 * Every room that keeps something about phones, for the program and for its commands. In this order they are erased: whose
 * rows make others write comes before those, and the limits last, which know a phone's former keys.
 */
export const PERSONAL_DATA: readonly Type<PersonalData>[] = [VerificationData, MessageData, AnswerData, LimitsData];
