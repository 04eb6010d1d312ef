import { setTimeout as wait } from 'node:timers/promises';

import { Logger } from '@nestjs/common';
import {
  defaultTextMapGetter,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';

import { Tracing, type Begun, type Ended } from './tracing.js';
import type { Collector } from './tracing.options.js';

/** Spans that wait for the collector; what comes while so many do is dropped. */
const MOST_WAITING = 2_048;
const EVERY_MS = 2_000;
const EXPORT_TIMEOUT_MS = 5_000;
/** A shutdown waits no longer for a collector. */
const LAST_FLUSH_MS = 3_000;

/** OpenTelemetry's SDK, by OTLP over HTTP. Registers nothing globally. Its module is loaded only where a collector is named. */
export class OtlpTracing extends Tracing {
  private readonly contexts = new AsyncLocalStorageContextManager().enable();
  private readonly w3c = new W3CTraceContextPropagator();
  private readonly provider: TracerProvider;
  private readonly tracer: Tracer;

  constructor({ url, headers, serviceName, attributes, ...collector }: Collector, version: string) {
    super();
    const exporter = telling(new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: EXPORT_TIMEOUT_MS }));
    const batches = {
      ...{ exporter, maxQueueSize: MOST_WAITING, scheduledDelayMillis: EVERY_MS },
      exportTimeoutMillis: EXPORT_TIMEOUT_MS,
    };
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({ ...attributes, 'service.name': serviceName, 'service.version': version }),
      sampler: samplerOf(collector),
      spanProcessors: [new BatchSpanProcessor(batches)],
    });
    this.tracer = this.provider.getTracer('sixdigit', version);
  }

  begin(name: string, attributes: Attributes, headers: Readonly<Record<string, unknown>> = {}): Begun {
    const from = withoutState(this.w3c.extract(ROOT_CONTEXT, headers, defaultTextMapGetter));
    const span = this.tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, from);
    return { span, during: (work) => this.contexts.with(trace.setSpan(from, span), work) };
  }

  async around<T>(name: string, work: () => Promise<T>): Promise<T> {
    const span = this.tracer.startSpan(name, { kind: SpanKind.INTERNAL }, ROOT_CONTEXT);
    try {
      return await this.contexts.with(trace.setSpan(ROOT_CONTEXT, span), work);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  ended({ name, durationMs, attributes, error }: Ended): void {
    const at = this.contexts.active();
    if (!trace.getSpan(at)) return;
    const end = Date.now();
    const options = { kind: SpanKind.CLIENT, attributes, startTime: end - durationMs };
    const span = this.tracer.startSpan(name, options, at);
    if (error !== undefined) span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR });
    span.end(end);
  }

  async close(): Promise<void> {
    const flushed = this.provider.shutdown().catch(() => undefined); // told already
    await Promise.race([flushed, wait(LAST_FLUSH_MS, undefined, { ref: false })]);
    this.contexts.disable();
  }
}

/** What a caller, who may be anybody, wrote into `tracestate` would be told with every span of the trace. */
function withoutState(from: Context): Context {
  const parent = trace.getSpanContext(from);
  return parent ? trace.setSpanContext(from, { ...parent, traceState: undefined }) : from;
}

/** One line when a collector is away, and one when it is back, however often it is tried. */
function telling(exporter: SpanExporter): SpanExporter {
  const logger = new Logger('Tracing');
  let isAway = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.code !== ExportResultCode.SUCCESS;
        if (failed && !isAway)
          logger.warn('the collector of traces does not take them; they are dropped until it does');
        if (!failed && isAway) logger.log('the collector of traces takes them again');
        isAway = failed;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}

function samplerOf({ sampler, ratio }: Pick<Collector, 'sampler' | 'ratio'>): Sampler {
  const [, own] = /(always_on|always_off|traceidratio)$/.exec(sampler) ?? [];
  const root =
    own === 'always_off'
      ? new AlwaysOffSampler()
      : own === 'always_on'
        ? new AlwaysOnSampler()
        : new TraceIdRatioBasedSampler(ratio);
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}
