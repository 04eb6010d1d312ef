import type { Channel } from '../sms/index.js';

/** Who counts what happens to verifications. Told at once, and must not throw. */
export interface VerificationObserver {
  /** It is written down, and its code is about to be sent. */
  started(channel: Channel): void;
  resent(channel: Channel): void;
  /** A guess was counted and compared. */
  checked(isRight: boolean): void;
}
