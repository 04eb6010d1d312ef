export { DestinationRouter, type RouterOptions, type Way } from './destination-router.js';
export { RouteBook } from './route-book.js';
export { ROUTING_MODES, type RoutingConfig, type RoutingMode, type RoutingPolicy } from './routing.options.js';
export { parseRoutes, type RoutesFault } from './rules/routes-file.js';
export { readRule, isRule, type KnownProviders, type RouteRule, type RuleAsked } from './rules/route-rule.js';
export { RuleBook } from './rules/rule-book.js';
