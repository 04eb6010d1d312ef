import { Injectable } from '@nestjs/common';

import type { Channel } from '../../sms/index.js';
import type { VerificationObserver } from '../../verification/index.js';
import type { Count, Counts } from '../families.js';
import { Metrics } from '../metrics.js';

/** Counts how verifications go: approved of started is the conversion that pumping makes collapse. */
@Injectable()
export class VerificationMetrics implements VerificationObserver {
  private readonly begun: Counts;
  private readonly again: Counts;
  private readonly approved: Count;
  private readonly wrong: Count;

  constructor(metrics: Metrics) {
    this.begun = metrics.counts('sixdigit_verifications_started_total', 'Verifications that were begun', ['channel']);
    this.again = metrics.counts('sixdigit_verifications_resent_total', 'Codes that were sent once more', ['channel']);
    this.approved = metrics.counts('sixdigit_verifications_approved_total', 'Verifications whose code came back').at();
    this.wrong = metrics.counts('sixdigit_wrong_guesses_total', 'Guesses that were counted, and wrong').at();
  }

  started(channel: Channel): void {
    this.begun.at(channel).inc();
  }

  resent(channel: Channel): void {
    this.again.at(channel).inc();
  }

  checked(isRight: boolean): void {
    (isRight ? this.approved : this.wrong).inc();
  }
}
