import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';

import { Counts, Durations } from './families.js';

/** Sets gauges when somebody asks for them. Must be quick, and must not throw. */
export type Collector = () => void | Promise<void>;

/** Series of one metric, unless told otherwise. */
const MOST = 200;

/** Numbers for Prometheus. Labels are few and bounded: no phone, no id, nothing that a caller writes. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly collectors: Collector[] = [];

  gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  /** For what happens now and then. */
  counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  /** For what happens with every request. */
  counts(name: string, help: string, labels: readonly string[] = [], most = MOST): Counts {
    return new Counts({ name, help, labels, most }, this.registry);
  }

  /** @param bounds of the buckets, in seconds, growing */
  durations(
    name: string,
    help: string,
    bounds: readonly number[],
    labels: readonly string[] = [],
    most = 60,
  ): Durations {
    return new Durations({ name, help, labels, most }, this.registry, bounds);
  }

  /** Asked before whoever reads the numbers is answered. */
  collect(collector: Collector): void {
    this.collectors.push(collector);
  }

  async text(): Promise<string> {
    await Promise.all(this.collectors.map(async (collector) => collector()));
    return this.registry.metrics();
  }
}
