export { DestinationRouter, type RouterOptions, type Way } from './destination-router.js';
export type { PlaceReport, ProviderReport, RuleReport } from './report/report.types.js';
export { RouteOffice, type MessageReport, type RoutingReport } from './report/route-office.js';
export { RouteBook } from './route-book.js';
export { RoutingModule } from './routing.module.js';
export {
  ROUTING_MODES,
  type RoutingConfig,
  type RoutingMode,
  type RoutingOptions,
  type RoutingPolicy,
} from './routing.options.js';
export { parseRoutes, type RoutesFault } from './rules/routes-file.js';
export type { KnownProviders, RouteMatch, RouteRule, RuleAsked } from './rules/route-rule.js';
export { RuleBook } from './rules/rule-book.js';
export { RouteRules } from './rules/rules.js';
export { readKnowledge, RoutingJob } from './watch/routing-job.js';
