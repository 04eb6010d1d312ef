import type { ProviderDefinition } from '../../provider/provider-definition.js';
import { HttpEnvironment, parseHeaders } from './http.environment.js';
import { HttpProvider, type HttpOptions } from './http.provider.js';

const pattern = (text?: string) => (text === undefined ? undefined : new RegExp(text));

export const http: ProviderDefinition<HttpEnvironment> = {
  name: 'http',
  environment: HttpEnvironment,
  credentialed: (env) => Boolean(env.SMS_HTTP_URL),
  missing: (env) => (env.SMS_HTTP_URL ? [] : ['SMS_HTTP_URL']),
  asksForReportsIn: ({ SMS_HTTP_URL, SMS_HTTP_BODY, SMS_HTTP_METHOD }) => {
    const sent = { SMS_HTTP_URL, SMS_HTTP_BODY: SMS_HTTP_METHOD === 'GET' ? '' : SMS_HTTP_BODY };
    return Object.entries(sent).flatMap(([name, template]) => (template?.includes('{reportUrl}') ? [name] : []));
  },
  create: (env, { publicBaseUrl, webhookSecret }) =>
    new HttpProvider({
      url: env.SMS_HTTP_URL!,
      method: env.SMS_HTTP_METHOD as HttpOptions['method'],
      headers: parseHeaders(env.SMS_HTTP_HEADERS),
      body: env.SMS_HTTP_BODY,
      successPattern: pattern(env.SMS_HTTP_SUCCESS_PATTERN),
      refusalPattern: pattern(env.SMS_HTTP_REFUSAL_PATTERN),
      idPattern: pattern(env.SMS_HTTP_ID_PATTERN),
      sender: env.SMS_HTTP_SENDER,
      pingUrl: env.SMS_HTTP_PING_URL,
      pingPattern: pattern(env.SMS_HTTP_PING_PATTERN),
      publicBaseUrl,
      webhookSecret,
      patience: {
        timeoutMs: env.SMS_HTTP_REQUEST_TIMEOUT_SECS * 1_000,
        maxRetries: env.SMS_HTTP_MAX_RETRIES,
        retryDelayMs: env.SMS_HTTP_RETRY_DELAY_MS,
      },
    }),
};
