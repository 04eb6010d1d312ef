import { Module } from '@nestjs/common';

import { BatchIntake } from './batch-intake.js';
import { BatchSender } from './batch-sender.js';
import { BatchWorker } from './batch.worker.js';
import { BatchesController } from './batches.controller.js';
import { Batches } from './batches.js';
import { BatchesModuleBase } from './batches.options.js';
import { Courtesy } from './courtesy.js';
import { RowReader } from './row-reader.js';

/** Many texts at once. */
@Module({
  controllers: [BatchesController],
  providers: [Batches, BatchIntake, BatchSender, BatchWorker, Courtesy, RowReader],
  exports: [Batches, BatchIntake],
})
export class BatchesModule extends BatchesModuleBase {}
