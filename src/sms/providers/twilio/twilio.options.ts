import type { SenderPool } from '../../provider/own-sender.js';
import type { Patience } from '../../provider/sms-provider.js';

export type TwilioSender =
  /** E.164, a short code or an alphanumeric sender id. */
  { readonly from: string } | { readonly messagingServiceSid: string };

export interface TwilioOptions {
  /** AC and 32 hex digits. */
  readonly accountSid: string;
  readonly authToken: string;
  /** Of texts that name none. */
  readonly sender: TwilioSender;
  /** What texts may name. */
  readonly pool?: SenderPool;
  readonly baseUrl?: string;
  /** The origin at which Twilio finds us; unset: it is asked for no reports, and none are taken. */
  readonly publicBaseUrl?: string;
  readonly patience?: Patience;
}
