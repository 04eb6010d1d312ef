import { ConfigurableModuleBuilder } from '@nestjs/common';

export const SAMPLERS = [
  ...['always_on', 'always_off', 'traceidratio'],
  ...['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'],
] as const;
export type SamplerName = (typeof SAMPLERS)[number];

export interface Collector {
  /** Where traces are posted to, whole. */
  readonly url: string;
  /** A secret of the collector's may be among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** Of the service, such as deployment.environment.name. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly sampler: SamplerName;
  /** 0 to 1, of the two by ratio. */
  readonly ratio: number;
}

export interface TracingOptions {
  /** Undefined: nothing is traced, and nothing of OpenTelemetry is loaded. */
  readonly collector?: Collector;
  /** Of this program. */
  readonly version: string;
}

export const { ConfigurableModuleClass: TracingModuleBase, MODULE_OPTIONS_TOKEN: TRACING_OPTIONS } =
  new ConfigurableModuleBuilder<TracingOptions>({ moduleName: 'Tracing' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
