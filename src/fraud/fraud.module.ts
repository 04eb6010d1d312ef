import { Module } from '@nestjs/common';

import { DestinationPolicy } from './destination-policy.js';
import { FraudModuleBase } from './fraud.options.js';

@Module({ providers: [DestinationPolicy], exports: [DestinationPolicy] })
export class FraudModule extends FraudModuleBase {}
