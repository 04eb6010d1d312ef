export { CallerName, Public } from './api-key.guard.js';
export { ApiProblems, ApiPublicProblems } from './api-problems.js';
export { openApi, serveDocs } from './docs.js';
export { HttpModule } from './http.module.js';
export type { HttpOptions } from './http.options.js';
export { JsonLogger } from './json-logger.js';
export { MayBeAbsent } from './may-be-absent.js';
export { setRateLimit } from './rate-limit-headers.js';
export { createAdapter } from './server.js';
