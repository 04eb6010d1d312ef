import { Injectable, Logger } from '@nestjs/common';
import type { Counter } from 'prom-client';

import { Metrics } from '../metrics/index.js';

/** What operators are told. Never about one phone. */
export interface Alert {
  readonly type: 'spend.threshold' | 'spend.unusual_hour' | 'provider.balance_low';
  readonly level: 'warn' | 'error';
  /** One sentence for a person. */
  readonly message: string;
  readonly data: Readonly<Record<string, string | number>>;
}

/** Somebody who passes alerts on. */
export interface AlertSink {
  tell(alert: Alert): void | Promise<unknown>;
}

/** Beside the log and the metric: webhooks, for one. */
export type AlertSinks = readonly AlertSink[];

@Injectable()
export class AlertLog implements AlertSink {
  private readonly logger = new Logger('Alerts');

  tell({ type, level, message }: Alert): void {
    this.logger[level](`${type}: ${message}`);
  }
}

@Injectable()
export class AlertCounter implements AlertSink {
  private readonly told: Counter;

  constructor(metrics: Metrics) {
    this.told = metrics.counter('sixdigit_alerts_total', 'Alerts that this instance told', ['type']);
  }

  tell({ type }: Alert): void {
    this.told.inc({ type });
  }
}
