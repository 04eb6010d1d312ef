export { TextSpans } from './text-spans.js';
export { Tracing } from './tracing.js';
export { TracingModule } from './tracing.module.js';
export { SAMPLERS, type Collector, type SamplerName, type TracingOptions } from './tracing.options.js';
