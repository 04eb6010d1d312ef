import type { SenderPool } from '../../provider/own-sender.js';
import type { Patience } from '../../provider/sms-provider.js';

export type TwilioSender =
  /** E.164, a short code or an alphanumeric sender id. */
  { readonly from: string } | { readonly messagingServiceSid: string };

export interface TwilioWhatsApp {
  /** E.164; without it the Messaging Service chooses. */
  readonly from?: string;
  /** Approved templates of the authentication kind, whose one variable is the code; the first stands in for other languages. */
  readonly templates: readonly [WhatsAppTemplate, ...WhatsAppTemplate[]];
}

export interface WhatsAppTemplate {
  /** As WhatsApp or BCP 47 writes it. */
  readonly locale: string;
  /** HX and 32 hex digits. */
  readonly contentSid: string;
}

export interface TwilioOptions {
  /** AC and 32 hex digits. */
  readonly accountSid: string;
  readonly authToken: string;
  /** Of texts that name none. */
  readonly sender: TwilioSender;
  /** Unset: no WhatsApp messages. */
  readonly whatsApp?: TwilioWhatsApp;
  /** Unset: no calls. */
  readonly voice?: {
    /** E.164, with which Twilio may call. */
    readonly from: string;
  };
  /** What texts may name. */
  readonly pool?: SenderPool;
  readonly baseUrl?: string;
  /** The origin at which Twilio finds us; unset: it is asked for no reports, and none are taken. */
  readonly publicBaseUrl?: string;
  readonly patience?: Patience;
}
