import type { PhoneNumber } from '../../kernel/index.js';
import type { Destination } from '../routing/router.js';

/** Which of our numbers or names a text goes out under. */
export abstract class Senders {
  /** In memory, at once. Null: the adapter, or its provider, chooses. */
  abstract pick(provider: string, destination: Destination): string | null;

  /** The provider answered that this sender cannot be used, whoever is texted. Never throws, never waits. */
  unusable(_provider: string, _sender: string, _to: PhoneNumber): void {
    // Whoever rests no senders has nothing to remember.
  }
}
