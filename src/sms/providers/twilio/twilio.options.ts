import type { Patience } from '../../provider/sms-provider.js';

export type TwilioSender =
  /** E.164, a short code or an alphanumeric sender id. */
  | { readonly from: string }
  /** One phone always gets the same of these. */
  | { readonly fromPool: readonly string[] }
  | { readonly messagingServiceSid: string };

export interface TwilioOptions {
  /** AC and 32 hex digits. */
  readonly accountSid: string;
  readonly authToken: string;
  readonly sender: TwilioSender;
  readonly baseUrl?: string;
  /** The origin at which Twilio finds us; unset: it is asked for no reports, and none are taken. */
  readonly publicBaseUrl?: string;
  readonly patience?: Patience;
}
