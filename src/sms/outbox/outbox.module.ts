import { Module } from '@nestjs/common';

import { DeliveryReports } from './delivery-reports.js';
import { Handover } from './handover.js';
import { MessageLog } from './message-log.js';
import { MessageTexts } from './message-texts.js';
import { OptOuts } from './opt-outs.js';
import { OutboxModuleBase } from './outbox.options.js';
import { OutboxWorker } from './outbox.worker.js';
import { SenderRests } from '../senders/sender-rests.js';
import { ReportSources } from './report-sources.js';

/** Needs the database; `SmsModule` alone does not. */
@Module({
  providers: [DeliveryReports, Handover, MessageLog, MessageTexts, OptOuts, OutboxWorker, ReportSources, SenderRests],
  exports: [DeliveryReports, Handover, MessageLog, MessageTexts, OptOuts, OutboxWorker, SenderRests],
})
export class OutboxModule extends OutboxModuleBase {}
