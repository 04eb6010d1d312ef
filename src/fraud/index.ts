export { BudgetKeeper } from './budget-keeper.js';
export {
  Budgets,
  DEFAULT_POLICY,
  HOUR,
  LEVELS,
  type Admitted,
  type BudgetPolicy,
  type Decision,
  type Level,
  type Verdict,
} from './budgets.js';
export {
  CHALLENGE_PROVIDERS,
  ChallengeRequired,
  type ChallengeAnswer,
  type ChallengeOptions,
} from './challenge/challenge.js';
export { DecisionLog } from './decision-log.js';
export { DestinationNotAllowed, DestinationPolicy, optedOut } from './destination-policy.js';
export { failureOf } from './failure-of.js';
export { LINE_TYPES, type LineType } from './line-type.js';
export { FraudData } from './fraud-data.js';
export { FraudOffice, type BlockedPrefix } from './fraud-office.js';
export { FraudModule } from './fraud.module.js';
export { FRAUD_MODES, type FraudMode, type FraudOptions } from './fraud.options.js';
export {
  BUDGET_GATE,
  DECISION,
  GATE_IS_OPEN,
  IS_KNOWN,
  UNJUDGED_DECISION,
  type DecisionParameters,
  type GateParameters,
} from './gate.sql.js';
export { prefixKeys, prefixesOf } from './prefixes.js';
export { replay, type RecordedSend, type Replay } from './replay.js';
export { resendDecision, resendParameters, type ResendDecision, type ResendDecisionParameters } from './resend.sql.js';
export { budgetRefusal, SendGuard, type Gate } from './send-guard.js';
export { breakValues, BREAK, levelArrays, SETTLE, settleValues } from './settling.sql.js';
