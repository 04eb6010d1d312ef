export type { Channel, ChannelPlan } from '../sms/index.js';
export { LegDto, MayNameChannel, MayPlanChannels } from './channel.dto.js';
export { CostLimitReached } from './verification.errors.js';
export { ProofSigner } from './proof/proof-signer.js';
export { PublishedKeys } from './proof/published-keys.js';
export { signingKeyFrom, type SigningKey } from './proof/signing-keys.js';
export { ChallengeDto, MayHaveChallenge } from './verification.dto.js';
export { CONTROL, type Beginning, type Variants } from './variants.js';
export { VerificationNotFound } from './verification.errors.js';
export { machineLineOf } from './variables.js';
export { VerificationData } from './verification-data.js';
export { VerificationModule } from './verification.module.js';
export type { VerificationOptions } from './verification.options.js';
export { VerificationService } from './verification.service.js';
export type {
  Approval,
  ChannelWish,
  CheckResult,
  Judgement,
  StartRequest,
  VerificationState,
} from './verification.types.js';
export type { VerificationObserver } from './verification-observer.js';
export { TestNumbers, type TestNumbersOptions } from './test-numbers.js';
