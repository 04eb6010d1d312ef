export { callerOf, CallerName, NeedsScope, Public } from './api-key.guard.js';

export { ApiProblems, ApiPublicProblems } from './api-problems.js';
export { beforeAnswer } from './before-answer.js';
export { SCOPES, type Caller, type Scope } from './caller.js';
export { openApi, serveDocs } from './docs.js';
export { HttpModule } from './http.module.js';
export type { HttpOptions } from './http.options.js';
export { IssuedKeys } from './issued-keys.js';
export { JsonLogger } from './json-logger.js';
export { MayBeAbsent } from './may-be-absent.js';
export { networkOf } from './network.js';
export { ByOperator, operatorAt, type Operator } from './operator.js';
export { OperatorSessions } from './operator-sessions.js';
export { setRateLimit } from './rate-limit-headers.js';
export { STATUS } from './problem.js';
export { createAdapter, LongBodies } from './server.js';
export { isToldOnce, ToldOnce } from './told-once.js';
export { isTooDeep } from './validation.pipe.js';
