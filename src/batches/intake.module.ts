import { Module } from '@nestjs/common';

import { MessageWriter } from '../messages/index.js';
import { MessageTexts } from '../sms/index.js';
import { BatchIntake } from './batch-intake.js';
import { Batches } from './batches.js';
import { BatchesModuleBase } from './batches.options.js';
import { Courtesy } from './courtesy.js';
import { RowReader } from './row-reader.js';

/** What takes batches in and changes them, without what sends: for commands. */
@Module({
  providers: [Batches, BatchIntake, Courtesy, RowReader, MessageWriter, MessageTexts],
  exports: [Batches, BatchIntake],
})
export class BatchIntakeModule extends BatchesModuleBase {}
