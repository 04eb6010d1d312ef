import { Module } from '@nestjs/common';

import { DeliveryReports } from './delivery-reports.js';
import { MessageLog } from './message-log.js';
import { MessageTexts } from './message-texts.js';
import { OptOuts } from './opt-outs.js';
import { OutboxModuleBase } from './outbox.options.js';
import { OutboxWorker } from './outbox.worker.js';
import { ReportSources } from './report-sources.js';

/** Needs the database; `SmsModule` alone does not. */
@Module({
  providers: [DeliveryReports, MessageLog, MessageTexts, OptOuts, OutboxWorker, ReportSources],
  exports: [DeliveryReports, MessageLog, MessageTexts, OptOuts, OutboxWorker],
})
export class OutboxModule extends OutboxModuleBase {}
