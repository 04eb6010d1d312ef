import type { CountryCode } from '../../kernel/index.js';
import type { Channel } from '../provider/channel.js';
import type { DeliveryReport } from '../provider/delivery-report.js';
import type { StandingChange } from '../routing/standing.js';
import type { Attempt, Dispatch } from './dispatch.js';

/** Of a text, as much as may be told to anybody. */
export interface TextKind {
  readonly channel: Channel;
  readonly country: CountryCode | undefined;
}

/** Who counts what happens to texts; here nobody. It is told in the midst of sending: at once, without throwing, keeping nothing. */
export class SmsObserver {
  /** A try has ended. */
  attempted(_attempt: Attempt, _kind: TextKind): void {}

  /** Another try begins, because the one before did not do: at the next provider, or at the same once more. */
  triesAgain(_ended: Attempt, _provider: string): void {}

  /** All tries that a text gets now have ended. */
  dispatched(_status: Dispatch['status'], _kind: TextKind): void {}

  changed(_change: StandingChange): void {}

  /** @param deliveredSecs since the try began, when this is the first word that the phone has it */
  reported(
    _provider: string,
    _status: DeliveryReport['status'],
    _isKnown: boolean,
    _deliveredSecs: number | null,
  ): void {}

  /** Runs one text's turn in the outbox. */
  inOutbox<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }
}

/** Both are told, the one after the other. */
export function bothOf(one: SmsObserver, other: SmsObserver): SmsObserver {
  return {
    attempted: (...told) => (one.attempted(...told), other.attempted(...told)),
    triesAgain: (...told) => (one.triesAgain(...told), other.triesAgain(...told)),
    dispatched: (...told) => (one.dispatched(...told), other.dispatched(...told)),
    changed: (...told) => (one.changed(...told), other.changed(...told)),
    reported: (...told) => (one.reported(...told), other.reported(...told)),
    inOutbox: (work) => one.inOutbox(() => other.inOutbox(work)),
  };
}
