import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/index.js';
import { Clock, KeyRing } from '../kernel/index.js';
import { SlidingWindows } from '../limits/index.js';
import { BudgetKeeper } from './budget-keeper.js';
import { ChallengeVerifier } from './challenge/challenge.js';
import { challengeVerifier } from './challenge/challenges.js';
import { DecisionLog } from './decision-log.js';
import { DestinationPolicy } from './destination-policy.js';
import { FraudController } from './fraud.controller.js';
import { FraudOffice } from './fraud-office.js';
import { FRAUD_OPTIONS, FraudModuleBase, type FraudOptions } from './fraud.options.js';
import { SendGuard } from './send-guard.js';

@Module({
  imports: [AuditModule],
  controllers: [FraudController],
  providers: [
    FraudOffice,
    DestinationPolicy,
    DecisionLog,
    SendGuard,
    BudgetKeeper,
    {
      provide: ChallengeVerifier,
      inject: [FRAUD_OPTIONS, KeyRing, SlidingWindows, Clock],
      useFactory: ({ challenge }: FraudOptions, keys: KeyRing, windows: SlidingWindows, clock: Clock) =>
        challengeVerifier(challenge ?? { provider: 'proof-of-work' }, keys, windows, clock),
    },
  ],
  exports: [SendGuard, BudgetKeeper, FraudOffice, DestinationPolicy],
})
export class FraudModule extends FraudModuleBase {}
