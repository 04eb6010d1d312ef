import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { CountryCode } from '../kernel/index.js';
import type { VerificationObserver } from './verification-observer.js';
import type { TestNumbers } from './test-numbers.js';
import type { Variants } from './variants.js';

export interface VerificationOptions {
  readonly defaultRegion: CountryCode;
  readonly codeLength: number;
  readonly ttlSecs: number;
  readonly maxChecks: number;
  /** How long a claimed message is left to the process at work on it. */
  readonly leaseMs: number;
  readonly text: {
    readonly brandName: string;
    /** Host that browsers may fill the code in for, by the origin-bound format. */
    readonly webOtpDomain?: string;
    /** 11 characters by which Android finds the app to hand the code to. */
    readonly androidAppHash?: string;
  };
  /** Answers show the code. In simulation only, where no phone gets it. */
  readonly revealCodes: boolean;
  /** The `iss` of proofs: the base URL that the keys are published under. */
  readonly issuer: string;
  /** Who chooses between several wordings; without it there is one. */
  readonly variants?: Variants;
  readonly observer?: VerificationObserver;
  /** Which have a fixed code, and get no text. */
  readonly testNumbers?: TestNumbers;
}

export const { ConfigurableModuleClass: VerificationModuleBase, MODULE_OPTIONS_TOKEN: VERIFICATION_OPTIONS } =
  new ConfigurableModuleBuilder<VerificationOptions>({ moduleName: 'Verification' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
