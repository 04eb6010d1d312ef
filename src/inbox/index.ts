export { InboxModule } from './inbox.module.js';
export type { InboxOptions } from './inbox.options.js';
export { MOST_MESSAGES } from './inbox.js';
export { OUTCOME_NAMES } from './carrier/outcomes.js';
export { SCENARIOS, type ListedScenario } from './carrier/scenarios.js';
