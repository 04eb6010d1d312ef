import { Module, type DynamicModule } from '@nestjs/common';

import { PhonesController } from './phones.controller.js';
import { PROGRAM_OPTIONS, Rooms, type PrivacyOptions } from './privacy.options.js';
import { PrivacyService } from './privacy.service.js';
import { RetentionJob } from './retention.job.js';

/** What is kept about phones, over all rooms: shown, erased, and taken away when it is too old. */
@Module({})
export class PrivacyModule {
  static forRoot({ rooms, program }: PrivacyOptions): DynamicModule {
    const all = { provide: Rooms, inject: [...rooms], useFactory: (...data: Rooms) => data };
    return {
      module: PrivacyModule,
      controllers: program ? [PhonesController] : [],
      providers: [
        ...rooms,
        all,
        PrivacyService,
        ...(program ? [{ provide: PROGRAM_OPTIONS, useValue: program }, RetentionJob] : []),
      ],
      exports: [PrivacyService],
    };
  }
}
