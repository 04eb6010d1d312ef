import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';

import { RequestSpans } from './request-spans.js';
import { StatementSpans } from './statement-spans.js';
import { Tracing } from './tracing.js';
import { TRACING_OPTIONS, TracingModuleBase, type TracingOptions } from './tracing.options.js';

/** Hands {@link Tracing} to whoever injects it: null where no collector is named. */
@Module({
  providers: [
    {
      provide: Tracing,
      inject: [TRACING_OPTIONS],
      useFactory: async ({ collector, version }: TracingOptions): Promise<Tracing | null> => {
        if (!collector) return null;
        const { OtlpTracing } = await import('./otlp-tracing.js'); // and all of OpenTelemetry's SDK
        return new OtlpTracing(collector, version);
      },
    },
    RequestSpans,
    StatementSpans,
  ],
  exports: [Tracing],
})
export class TracingModule extends TracingModuleBase implements OnApplicationShutdown {
  constructor(@Inject(Tracing) private readonly tracing: Tracing | null) {
    super();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.tracing?.close();
  }
}
