import { Global, Module, type DynamicModule } from '@nestjs/common';

import { Clock, KeyRing, systemClock } from './kernel/index.js';

/** Hands the pure parts that need a secret or the time to whoever injects them. */
@Global()
@Module({})
export class KernelModule {
  static forRoot({ current, previous }: { readonly current: string; readonly previous?: string }): DynamicModule {
    return {
      module: KernelModule,
      providers: [
        { provide: Clock, useValue: systemClock },
        { provide: KeyRing, useValue: new KeyRing(current, previous) },
      ],
      exports: [Clock, KeyRing],
    };
  }
}
