/** Where one caller stands with one sliding limit; becomes the `RateLimit` and `RateLimit-Policy` headers. */
export interface QuotaState {
  /** Public and stable, such as `phone-hour`. */
  readonly name: string;
  readonly quota: number;
  readonly windowSecs: number;
  readonly remaining: number;
  /** Seconds until the oldest hit leaves the window and one more is free. */
  readonly resetSecs: number;
}
