import type { SenderPool } from '../../provider/own-sender.js';
import type { ProviderDefinition } from '../../provider/provider-definition.js';
import { readSenderIds } from '../../provider/sender-ids.js';
import { TwilioEnvironment } from './twilio.environment.js';
import type { TwilioSender, TwilioWhatsApp, WhatsAppTemplate } from './twilio.options.js';
import { TwilioProvider } from './twilio.provider.js';

function senderOf(env: TwilioEnvironment): TwilioSender | undefined {
  if (env.TWILIO_MESSAGING_SERVICE_SID) return { messagingServiceSid: env.TWILIO_MESSAGING_SERVICE_SID };
  const [from] = ownSendersIn(env);
  return from ? { from } : undefined;
}

const ownSendersIn = ({ TWILIO_FROM_NUMBERS, TWILIO_FROM_NUMBER }: TwilioEnvironment): readonly string[] =>
  TWILIO_FROM_NUMBERS?.length ? TWILIO_FROM_NUMBERS : TWILIO_FROM_NUMBER ? [TWILIO_FROM_NUMBER] : [];

/** A Messaging Service picks by itself, but for the countries that have a sender id of their own. */
function poolOf(env: TwilioEnvironment): SenderPool {
  const any = env.TWILIO_MESSAGING_SERVICE_SID ? [] : [...new Set(ownSendersIn(env))].map((id) => ({ id }));
  return { senders: [...readSenderIds(env.TWILIO_SENDER_IDS), ...any], areaCode: env.TWILIO_AREA_CODE };
}

const FROM_WHATSAPP = 'TWILIO_WHATSAPP_FROM or TWILIO_MESSAGING_SERVICE_SID';

function missingForWhatsApp(env: TwilioEnvironment): string[] {
  return [
    ...(env.TWILIO_WHATSAPP_FROM || env.TWILIO_MESSAGING_SERVICE_SID ? [] : [FROM_WHATSAPP]),
    ...(env.TWILIO_WHATSAPP_CONTENT_SID?.length ? [] : ['TWILIO_WHATSAPP_CONTENT_SID']),
  ];
}

/** One without a locale is English. */
function whatsAppOf(env: TwilioEnvironment): TwilioWhatsApp | undefined {
  const [first, ...others] = (env.TWILIO_WHATSAPP_CONTENT_SID ?? []).map((item): WhatsAppTemplate => {
    const [contentSid = '', locale = 'en'] = item.split(':').reverse();
    return { locale, contentSid };
  });
  if (!first || missingForWhatsApp(env).length > 0) return undefined;
  return { from: env.TWILIO_WHATSAPP_FROM, templates: [first, ...others] };
}

export const twilio: ProviderDefinition<TwilioEnvironment> = {
  name: 'twilio',
  environment: TwilioEnvironment,
  credentialed: (env) => Boolean(env.TWILIO_ACCOUNT_SID ?? env.TWILIO_AUTH_TOKEN),
  missing: (env) => [
    ...(env.TWILIO_ACCOUNT_SID ? [] : ['TWILIO_ACCOUNT_SID']),
    ...(env.TWILIO_AUTH_TOKEN ? [] : ['TWILIO_AUTH_TOKEN']),
    ...(senderOf(env) ? [] : ['TWILIO_FROM_NUMBER or TWILIO_FROM_NUMBERS or TWILIO_MESSAGING_SERVICE_SID']),
    ...(env.TWILIO_WHATSAPP_FROM || env.TWILIO_WHATSAPP_CONTENT_SID?.length ? missingForWhatsApp(env) : []),
  ],
  missingFor: (env, channel) => {
    if (channel === 'whatsapp') return missingForWhatsApp(env);
    return channel === 'voice' && !env.TWILIO_VOICE_FROM ? ['TWILIO_VOICE_FROM'] : [];
  },
  pool: poolOf,
  create: (env, { publicBaseUrl }) =>
    new TwilioProvider({
      accountSid: env.TWILIO_ACCOUNT_SID!,
      authToken: env.TWILIO_AUTH_TOKEN!,
      sender: senderOf(env)!,
      whatsApp: whatsAppOf(env),
      voice: env.TWILIO_VOICE_FROM ? { from: env.TWILIO_VOICE_FROM } : undefined,
      pool: poolOf(env),
      baseUrl: env.TWILIO_BASE_URL,
      publicBaseUrl,
      patience: {
        timeoutMs: env.TWILIO_REQUEST_TIMEOUT_SECS * 1_000,
        maxRetries: env.TWILIO_MAX_RETRIES,
        retryDelayMs: env.TWILIO_RETRY_DELAY_MS,
      },
    }),
};
