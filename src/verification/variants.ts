import type { Channel, Wording } from '../sms/index.js';

/** The name of the plain wording, where several are tried. */
export const CONTROL = 'control';

/** Which verification is about to begin. */
export interface Beginning {
  readonly id: string;
  readonly template: string;
  readonly channel: Channel;
  /** BCP 47, as it was asked for. */
  readonly locale: string | null;
  /** ISO 3166-1 alpha-2 of the phone. */
  readonly country: string | null;
}

/** Who chooses between several wordings. In memory, at once: asked before every first text. */
export interface Variants {
  /**
   * The same for the same id, as long as the same wordings are tried; null: nothing is tried here.
   * @param write how the text reads in a wording; null: in the plain one
   */
  pick(beginning: Beginning, write: (variant: string | null) => Wording): string | null;
}
