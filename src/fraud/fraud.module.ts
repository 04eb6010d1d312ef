import { Module } from '@nestjs/common';

import { Clock, KeyRing } from '../kernel/index.js';
import { SlidingWindows } from '../limits/index.js';
import { BudgetKeeper } from './budget-keeper.js';
import { ChallengeVerifier } from './challenge/challenge.js';
import { challengeVerifier } from './challenge/challenges.js';
import { DecisionLog } from './decision-log.js';
import { DestinationPolicy } from './destination-policy.js';
import { FRAUD_OPTIONS, FraudModuleBase, type FraudOptions } from './fraud.options.js';
import { SendGuard } from './send-guard.js';

@Module({
  providers: [
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
  exports: [SendGuard, BudgetKeeper],
})
export class FraudModule extends FraudModuleBase {}
