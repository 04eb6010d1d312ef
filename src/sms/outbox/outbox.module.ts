import { Module } from '@nestjs/common';

import { MessageLog } from './message-log.js';
import { MessageTexts } from './message-texts.js';
import { OutboxModuleBase } from './outbox.options.js';
import { OutboxWorker } from './outbox.worker.js';

/** Needs the database; `SmsModule` alone does not. */
@Module({ providers: [MessageLog, MessageTexts, OutboxWorker], exports: [MessageLog, MessageTexts, OutboxWorker] })
export class OutboxModule extends OutboxModuleBase {}
