import { Module } from '@nestjs/common';

import { ReportIntake } from './report-intake.js';

/** Where providers tell what became of texts. */
@Module({ providers: [ReportIntake] })
export class ReportsModule {}
