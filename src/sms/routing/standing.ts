/** Where a provider stands: tried in its turn, out, coming back on a few real sends, or taken out by hand. */
export type StandingState = 'in_rotation' | 'suspended' | 'on_trial' | 'held';

export interface Standing {
  readonly name: string;
  readonly state: StandingState;
  /** How long it has stood there. */
  readonly sinceMs: number;
  /** Why it left the rotation, while it is not back. */
  readonly reason?: string;
  /** Sends of the rotation that failed since the last one that did not. */
  readonly failuresInARow: number;
  /** While it is on trial. */
  readonly trial?: { readonly allowed: number; readonly sent: number; readonly succeeded: number };
}

/** Told once for every change of standing. */
export interface StandingChange {
  readonly provider: string;
  readonly from: StandingState;
  readonly to: StandingState;
  readonly reason: string;
  /** How long it had stood in `from`; back in the rotation, how long it had been out of it. */
  readonly lastedMs: number;
}
