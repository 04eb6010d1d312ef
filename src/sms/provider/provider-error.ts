/** What went wrong at one provider, in the only terms that failover needs. */
export type ProviderFault =
  /** Nobody was reached: DNS, refused, TLS, or given up before the request was written. */
  | 'unreachable'
  /** It said "too many"; such a request was never processed. */
  | 'throttled'
  /** Our credentials or account there do not work. */
  | 'misconfigured'
  /** It does not carry this message (sender, route, country); another may. */
  | 'refused'
  /** No phone that can get texts has this number, at any provider. */
  | 'bad_destination'
  /** The person asked for no more texts. */
  | 'opted_out'
  /** The request was written and no readable answer came: the text may have gone out. */
  | 'unconfirmed';

export type FailedOutcome = 'not_sent' | 'permanent' | 'unknown';

/** Whether the text may have gone out, and whether anybody else may try. */
export const OUTCOME = {
  unreachable: 'not_sent',
  throttled: 'not_sent',
  misconfigured: 'not_sent',
  refused: 'not_sent',
  bad_destination: 'permanent',
  opted_out: 'permanent',
  unconfirmed: 'unknown',
} as const satisfies Record<ProviderFault, FailedOutcome>;

/** Whether the same provider may get over it within seconds. */
export const isPassing = (fault: ProviderFault): boolean => fault === 'unreachable' || fault === 'throttled';

export interface ProviderErrorOptions extends ErrorOptions {
  readonly isSenders?: boolean;
}

export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  /** It is about our sender alone: from this one it will take no text to anybody. */
  readonly isSenders: boolean;

  /** @param message is logged: no phone number, no text, no credential, none of the provider's own prose. */
  constructor(
    readonly fault: ProviderFault,
    message: string,
    { isSenders = false, ...options }: ProviderErrorOptions = {},
  ) {
    super(message, options);
    this.isSenders = isSenders;
  }
}
