import { Module } from '@nestjs/common';

import { AwsSnsReportsController } from './aws-sns-reports.controller.js';
import { ReportIntake } from './report-intake.js';

/** Where providers tell what became of texts. */
@Module({ controllers: [AwsSnsReportsController], providers: [ReportIntake] })
export class ReportsModule {}
