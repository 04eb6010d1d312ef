import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/index.js';
import { SenderOffice } from './sender-office.js';
import { SendersController } from './senders.controller.js';
import { SendersModuleBase } from './senders.options.js';

/** Operators' view of what texts go out under. */
@Module({
  imports: [AuditModule],
  controllers: [SendersController],
  providers: [SenderOffice],
  exports: [SenderOffice],
})
export class SendersModule extends SendersModuleBase {}
