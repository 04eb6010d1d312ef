import { Module } from '@nestjs/common';

import { GatewayWebhooksController } from './gateway-webhooks.controller.js';
import { ReportIntake } from './report-intake.js';
import { TwilioWebhooksController } from './twilio-webhooks.controller.js';

/** Where providers tell what became of texts. */
@Module({ controllers: [TwilioWebhooksController, GatewayWebhooksController], providers: [ReportIntake] })
export class ReportsModule {}
