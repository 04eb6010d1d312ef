import type { DeliveryReport, SmsProvider } from '../../src/sms/index.js';
import type { StartRequest, VerificationService } from '../../src/verification/index.js';
import type { KeyedAnswer } from './keyed.js';
import type { Process, Reply } from './process.js';
import type { Change } from './shadow.js';

/** A text that a carrier took: the ledger's entry, by which the program is judged. */
export interface Text {
  readonly carrier: string;
  readonly id: string;
  readonly attemptId: string;
  readonly to: string;
  readonly body: string;
  /** When it was handed over: the carrier had it, or the program had said all that it ever would. */
  readonly at: number;
  /** What its network said, and the program answered that it had understood. */
  readonly told: DeliveryReport[];
  /** What its network tried to say. */
  readonly emitted: DeliveryReport[];
}

/** A company that carries texts. */
export interface Company {
  readonly name: string;
  readonly ledger: readonly Text[];
  adapterFor(process: Process): SmsProvider;
  /** Says once more what its network said. */
  tell(text: Text, report: DeliveryReport): void;
}

/** One instance of the program; it can crash and start again. */
export interface Running {
  readonly name: string;
  readonly process: Process;
  verify<T>(work: (verifications: VerificationService) => Promise<T>): Promise<Reply<T>>;
  startWithKey(key: string, request: StartRequest): Promise<Reply<KeyedAnswer>>;
  report(provider: string, report: DeliveryReport): Promise<Reply<boolean>>;
  crash(): void;
  restart(): Promise<void>;
  /** Something may have become due. */
  plan(must: boolean): void;
}

/** Who is told everything, and says when an invariant is broken. */
export interface Witness {
  changed(change: Change): void;
  executed(statement: string, verifications: readonly string[]): void;
  handedOver(text: Text): void;
  promised(verification: string): void;
  /** The request with this key made that verification. */
  promisedTo(key: string, verification: string): void;
  judged(verification: string, guess: string, valid: boolean): void;
  textsOf(verification: string): readonly Text[];
}
