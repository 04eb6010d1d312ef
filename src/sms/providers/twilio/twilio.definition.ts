import type { ProviderDefinition } from '../../provider/provider-definition.js';
import { TwilioEnvironment } from './twilio.environment.js';
import type { TwilioSender } from './twilio.options.js';
import { TwilioProvider } from './twilio.provider.js';

function senderOf(env: TwilioEnvironment): TwilioSender | undefined {
  if (env.TWILIO_MESSAGING_SERVICE_SID) return { messagingServiceSid: env.TWILIO_MESSAGING_SERVICE_SID };
  if (env.TWILIO_FROM_NUMBERS?.length) return { fromPool: env.TWILIO_FROM_NUMBERS };
  return env.TWILIO_FROM_NUMBER ? { from: env.TWILIO_FROM_NUMBER } : undefined;
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
  create: (env, { publicBaseUrl }) =>
    new TwilioProvider({
      accountSid: env.TWILIO_ACCOUNT_SID!,
      authToken: env.TWILIO_AUTH_TOKEN!,
      sender: senderOf(env)!,
      baseUrl: env.TWILIO_BASE_URL,
      publicBaseUrl,
      patience: {
        timeoutMs: env.TWILIO_REQUEST_TIMEOUT_SECS * 1_000,
        maxRetries: env.TWILIO_MAX_RETRIES,
        retryDelayMs: env.TWILIO_RETRY_DELAY_MS,
      },
    }),
};
