import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/index.js';
import { ExperimentBook } from './experiment-book.js';
import { ExperimentsController } from './experiments.controller.js';
import { ExperimentsJob } from './experiments.job.js';
import { ExperimentsModuleBase } from './experiments.options.js';
import { Experiments } from './experiments.service.js';

/** Which of several wordings brings more people in. */
@Module({
  imports: [AuditModule],
  controllers: [ExperimentsController],
  providers: [ExperimentBook, Experiments, ExperimentsJob],
  exports: [ExperimentBook, Experiments],
})
export class ExperimentsModule extends ExperimentsModuleBase {}
