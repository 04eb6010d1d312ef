import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { RouteBook } from './route-book.js';
import type { RouteRule } from './rules/route-rule.js';

/** preference: as configured. shadow: so, too, and it is counted what learn would have done. learn: by what was measured. */
export const ROUTING_MODES = ['preference', 'shadow', 'learn'] as const;
export type RoutingMode = (typeof ROUTING_MODES)[number];

export interface RoutingPolicy {
  readonly mode: RoutingMode;
  /** What the dearest provider is worth less than a free one, as a share of conversion: 0 to 1. */
  readonly costWeight: number;
  /** Share of first tries that every provider of a destination gets at least. */
  readonly floor: number;
}

/** As the environment has it. */
export interface RoutingConfig extends RoutingPolicy {
  /** Of ROUTES_FILE. */
  readonly rules: readonly RouteRule[];
}

export interface RoutingOptions {
  readonly book: RouteBook;
  /** Between two looks at the rules; 3000. */
  readonly rulesEveryMs?: number;
  /** Between two looks at what was measured; 60000. */
  readonly statsEveryMs?: number;
}

export const { ConfigurableModuleClass: RoutingModuleBase, MODULE_OPTIONS_TOKEN: ROUTING_OPTIONS } =
  new ConfigurableModuleBuilder<RoutingOptions>({ moduleName: 'Routing' }).setClassMethodName('forRoot').build();
