import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';

/** Numbers for Prometheus. Labels are few and bounded: no phone, no id, nothing that a caller writes. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();

  gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
