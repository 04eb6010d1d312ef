import { Module } from '@nestjs/common';

import { AddressThrottle } from './address-throttle.js';
import { LimitsModuleBase } from './limits.options.js';
import { SendLimits } from './send-limits.js';

@Module({ providers: [SendLimits, AddressThrottle], exports: [SendLimits, AddressThrottle] })
export class LimitsModule extends LimitsModuleBase {}
