/** Where a provider stands: tried in its turn, out, or coming back on a few real sends. */
export type StandingState = 'in_rotation' | 'suspended' | 'on_trial';

export interface Standing {
  readonly name: string;
  readonly state: StandingState;
  /** How long it has stood there. */
  readonly sinceMs: number;
  /** Why it left the rotation, while it is not back. */
  readonly reason?: string;
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
