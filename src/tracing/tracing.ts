import type { Attributes, Span } from '@opentelemetry/api';

/** A piece of work that has ended. */
export interface Ended {
  readonly name: string;
  readonly durationMs: number;
  readonly attributes: Attributes;
  /** In one word, if it failed. */
  readonly error?: string;
}

/** Where a trace goes on. */
export interface Begun {
  readonly span: Span;
  /** What belongs to it, and all that comes of that. */
  during<T>(work: () => T): T;
}

/** What OpenTelemetry is told. Names and attributes are words of ours: no phone, no code, no id, nothing that a caller wrote. */
export abstract class Tracing {
  /** For what comes from outside. @param headers with a `traceparent`, where the caller has a trace of its own */
  abstract begin(name: string, attributes: Attributes, headers?: Readonly<Record<string, unknown>>): Begun;
  /** A whole piece of work of ours that nobody asked for. */
  abstract around<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Belongs to whatever is at hand; told nowhere when nothing is. */
  abstract ended(work: Ended): void;
  /** Sends what is not sent yet; not for long. */
  abstract close(): Promise<void>;
}
