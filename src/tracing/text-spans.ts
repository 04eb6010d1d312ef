import { SmsObserver, type Attempt, type TextKind } from '../sms/index.js';
import type { Tracing } from './tracing.js';

/** One span a try at a provider, one a text's turn in the outbox. Providers are told of no trace: they are others' systems. */
export class TextSpans extends SmsObserver {
  constructor(private readonly tracing: Tracing) {
    super();
  }

  override attempted(attempt: Attempt, { channel, country }: TextKind): void {
    const { provider, outcome, durationMs } = attempt;
    const attributes = {
      'sixdigit.provider': provider,
      'sixdigit.channel': channel,
      'sixdigit.outcome': outcome,
      ...(country && { 'sixdigit.country': country }),
    };
    const error = attempt.outcome === 'accepted' ? undefined : attempt.fault;
    this.tracing.ended({ name: `send ${provider}`, durationMs, attributes, error });
  }

  override inOutbox<T>(work: () => Promise<T>): Promise<T> {
    return this.tracing.around('outbox message', work);
  }
}
