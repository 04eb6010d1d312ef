import type { SenderPool } from '../../provider/own-sender.js';
import type { ProviderDefinition } from '../../provider/provider-definition.js';
import { readSenderIds } from '../../provider/sender-ids.js';
import { TwilioEnvironment } from './twilio.environment.js';
import type { TwilioSender } from './twilio.options.js';
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

export const twilio: ProviderDefinition<TwilioEnvironment> = {
  name: 'twilio',
  environment: TwilioEnvironment,
  credentialed: (env) => Boolean(env.TWILIO_ACCOUNT_SID ?? env.TWILIO_AUTH_TOKEN),
  missing: (env) => [
    ...(env.TWILIO_ACCOUNT_SID ? [] : ['TWILIO_ACCOUNT_SID']),
    ...(env.TWILIO_AUTH_TOKEN ? [] : ['TWILIO_AUTH_TOKEN']),
    ...(senderOf(env) ? [] : ['TWILIO_FROM_NUMBER or TWILIO_FROM_NUMBERS or TWILIO_MESSAGING_SERVICE_SID']),
  ],
  pool: poolOf,
  create: (env, { publicBaseUrl }) =>
    new TwilioProvider({
      accountSid: env.TWILIO_ACCOUNT_SID!,
      authToken: env.TWILIO_AUTH_TOKEN!,
      sender: senderOf(env)!,
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
