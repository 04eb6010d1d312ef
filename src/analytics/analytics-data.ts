import { Injectable } from '@nestjs/common';

import { AgedData } from '../prisma/index.js';
import { PURGE } from './analytics.sql.js';

/** Sums of hours: nobody's. A year of them, and the weeks in which last year is looked at. */
@Injectable()
export class AnalyticsData extends AgedData {
  readonly name = 'analytics';
  protected readonly purges = PURGE;
}
