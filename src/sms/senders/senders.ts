import type { Destination } from '../routing/router.js';

/** Which of our numbers or names a text goes out under. */
export abstract class Senders {
  /** In memory, at once. Null: the adapter, or its provider, chooses. */
  abstract pick(provider: string, destination: Destination): string | null;
}

export class ProvidersChoice extends Senders {
  pick(): null {
    return null;
  }
}
