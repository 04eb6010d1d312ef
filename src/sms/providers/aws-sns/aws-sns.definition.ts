import type { SenderPool } from '../../provider/own-sender.js';
import type { ProviderDefinition } from '../../provider/provider-definition.js';
import { readSenderIds } from '../../provider/sender-ids.js';
import { AwsSnsEnvironment } from './aws-sns.environment.js';
import { AwsSnsProvider } from './aws-sns.provider.js';

const poolOf = (env: AwsSnsEnvironment): SenderPool => ({
  senders: [
    ...readSenderIds(env.AWS_SNS_SENDER_IDS),
    ...[...new Set(env.AWS_SNS_ORIGINATION_NUMBERS)].map((id) => ({ id })),
    ...(env.AWS_SNS_SENDER_ID ? [{ id: env.AWS_SNS_SENDER_ID }] : []),
  ],
});

export const awsSns: ProviderDefinition<AwsSnsEnvironment> = {
  name: 'aws-sns',
  environment: AwsSnsEnvironment,
  credentialed: (env) => Boolean(env.AWS_SNS_ACCESS_KEY_ID ?? env.AWS_SNS_SECRET_ACCESS_KEY),
  // Neither is fine: then the SDK's own chain finds credentials.
  missing: ({ AWS_SNS_ACCESS_KEY_ID: id, AWS_SNS_SECRET_ACCESS_KEY: secret }) => [
    ...(secret && !id ? ['AWS_SNS_ACCESS_KEY_ID'] : []),
    ...(id && !secret ? ['AWS_SNS_SECRET_ACCESS_KEY'] : []),
  ],
  pool: poolOf,
  create: (env, { webhookSecret }) =>
    new AwsSnsProvider({
      region: env.AWS_SNS_REGION,
      credentials: env.AWS_SNS_ACCESS_KEY_ID
        ? {
            accessKeyId: env.AWS_SNS_ACCESS_KEY_ID,
            secretAccessKey: env.AWS_SNS_SECRET_ACCESS_KEY!,
            sessionToken: env.AWS_SNS_SESSION_TOKEN,
          }
        : undefined,
      smsType: env.AWS_SNS_SMS_TYPE as 'Transactional' | 'Promotional',
      senderId: env.AWS_SNS_SENDER_ID,
      pool: poolOf(env),
      endpoint: env.AWS_SNS_ENDPOINT,
      reports: { accessKey: webhookSecret, topicArns: env.AWS_SNS_REPORT_TOPIC_ARNS },
      patience: {
        timeoutMs: env.AWS_SNS_REQUEST_TIMEOUT_SECS * 1_000,
        maxRetries: env.AWS_SNS_MAX_RETRIES,
        retryDelayMs: env.AWS_SNS_RETRY_DELAY_MS,
      },
    }),
};
