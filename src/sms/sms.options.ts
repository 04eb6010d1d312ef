import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { SmsObserver } from './delivery/sms-observer.js';
import type { Clock, CountryCode, PhoneNumber } from '../kernel/index.js';
import type { Budget } from './pricing/pricing.js';
import type { Channel } from './provider/channel.js';
import type { SmsProviders } from './provider/sms-provider.js';
import type { Router } from './routing/router.js';
import type { Senders } from './senders/senders.js';
import type { TemplateOptions } from './templates/templates.js';

export interface SmsOptions {
  /** Most preferred first. */
  readonly providers: SmsProviders;
  /** One try while another provider is left; 3000. */
  readonly attemptTimeoutMs?: number;
  /** All tries for one message together; 8000. */
  readonly sendBudgetMs?: number;
  /** An accepted send that took longer counts against its provider; 2000. */
  readonly slowAfterMs?: number;
  /** Of numbers without a country code; US. */
  readonly defaultRegion?: CountryCode;
  /** What a day may cost; without it nothing is counted. */
  readonly budget?: Budget;
  /** By preference, without it. */
  readonly router?: Router;
  /** Out of what the adapters say they have, without it. */
  readonly senders?: Senders;
  /** Variables without which the configured providers do not carry a channel. */
  readonly missingFor?: Partial<Readonly<Record<Channel, readonly string[]>>>;
  /** How texts are written; as ours, without it. */
  readonly templates?: TemplateOptions;
  /** Numbers that nothing is sent to, whoever asks: a message for one waits until its time is over, but for those of batches, which fail. */
  readonly isWithheld?: (phone: PhoneNumber) => boolean;
  /** Why nothing is to be sent at all; sends then throw {@link SmsDisabled}. */
  readonly disabledReason?: string;
  /** Who counts what happens. */
  readonly observer?: SmsObserver;
  /** For tests. */
  readonly clock?: Pick<Clock, 'monotonic' | 'wait' | 'deadline'>;
  /** For tests: 0 to 1. */
  readonly random?: () => number;
}

export const { ConfigurableModuleClass: SmsModuleBase, MODULE_OPTIONS_TOKEN: SMS_OPTIONS } =
  new ConfigurableModuleBuilder<SmsOptions>({ moduleName: 'Sms' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
