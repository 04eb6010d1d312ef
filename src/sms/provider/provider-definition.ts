import type { Channel } from './channel.js';
import type { SenderPool } from './own-sender.js';
import type { SmsProvider } from './sms-provider.js';

/** What every provider may need to hear of its texts again. */
export interface ProviderContext {
  /** The origin under which the internet finds our `/v1/webhooks/`; unset: no reports can come. */
  readonly publicBaseUrl?: string;
  /** Shared with those who cannot sign by themselves. */
  readonly webhookSecret?: string;
}

/** All that the rest of the house has to know to configure one kind of provider. */
export interface ProviderDefinition<E extends object = object> {
  /** As in `SMS_PROVIDERS`; the same as the provider's own name. */
  readonly name: string;
  /** Its variables: what they are called, what they default to, what is allowed. */
  readonly environment: new () => E;
  /** Whether anything in `env` says that this provider is meant to be used. */
  credentialed(env: E): boolean;
  /** Names without which it cannot work; alternatives in one item, as `A or B`. */
  missing(env: E): string[];
  /** Names without which it does not carry that channel, which it could; undefined: it never does. */
  missingFor?(env: E, channel: Channel): string[] | undefined;
  /** Its variables that hand out an address for reports, which there is none of without a whole context. */
  asksForReportsIn?(env: E): string[];
  /** What texts may go out under, where that is ours to say. */
  pool?(env: E): SenderPool;
  /** @param env validated, with nothing missing. */
  create(env: E, context: ProviderContext): SmsProvider;
}
