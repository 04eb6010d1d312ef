import {
  AwsSnsProvider,
  HttpProvider,
  type SmsMessage,
  TwilioProvider,
  type Patience,
  type ProviderFault,
  type SmsProvider,
} from '../../src/sms/index.js';
import {
  FakeGateway,
  FakeSns,
  FakeTwilio,
  type Behaviour,
  type FakeOptions,
  type FakeProvider,
} from '../support/index.js';
import { AcmeProvider } from '../docs/acme/acme.provider.js';

const patience: Patience = { timeoutMs: 30_000, maxRetries: 0, retryDelayMs: 1 };

export interface Adapter {
  readonly name: string;
  /** sms, where it is not said. */
  readonly channel?: 'whatsapp' | 'voice';
  /** What a person is shown, or hears, of this message; its body, where it is not said. */
  readonly reads?: (message: SmsMessage) => string;
  readonly start: (options?: FakeOptions) => Promise<FakeProvider>;
  /** As it would be made for the provider at `url`. */
  readonly at: (url: string) => SmsProvider;
  /** The same with credentials that the provider does not know. */
  readonly stranger: (url: string) => SmsProvider;
  /** How this provider says what it will not do; not every provider has words for everything. */
  readonly rejections: Partial<Record<ProviderFault, readonly Behaviour[]>>;
}

const rejected = (...codes: readonly string[]): Behaviour[] => codes.map((code) => ({ kind: 'reject', code }));
const answered = (...statuses: readonly number[]): Behaviour[] =>
  statuses.map((status) => ({ kind: 'status', status }));

const accountSid = `AC${'0'.repeat(32)}`;
const whatsApp = {
  from: '+15005550006',
  templates: [
    { locale: 'en', contentSid: `HX${'0'.repeat(32)}` },
    { locale: 'pt_BR', contentSid: `HX${'1'.repeat(32)}` },
  ],
} as const;
const twilioAt = (baseUrl: string, authToken: string) => {
  const [from] = ['+15005550006'];
  return new TwilioProvider({ accountSid, authToken, sender: { from }, whatsApp, voice: { from }, baseUrl, patience });
};
const snsAt = (endpoint: string, secretAccessKey: string) =>
  new AwsSnsProvider({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAFAKE00000000', secretAccessKey },
    endpoint,
    patience,
  });
const gatewayAt = (url: string, key: string) =>
  new HttpProvider({
    url: `${url}/sms`,
    headers: { 'Content-Type': 'application/json', 'X-Api-Key': key },
    body: '{"to":"{to}","text":"{text}","from":"{from}","ref":"{ref}"}',
    successPattern: /^0: Accepted/,
    idPattern: /id=([0-9a-f]{32})\b/,
    sender: 'Sixdigit',
    pingUrl: `${url}/ping`,
    patience,
  });

const twilio = {
  start: (options?: FakeOptions) => FakeTwilio.start(options),
  at: (url: string) => twilioAt(url, 'test-token'),
  stranger: (url: string) => twilioAt(url, 'wrong'),
};

export const ADAPTERS: readonly Adapter[] = [
  {
    name: 'twilio',
    ...twilio,
    rejections: {
      throttled: [...rejected('20429', '21611'), ...answered(429)],
      misconfigured: [...rejected('20003', '20005', '10001'), ...answered(401, 403)],
      refused: [...rejected('21212', '21408', '21603', '21606', '21608', '21612', '29999'), ...answered(400, 404)],
      bad_destination: rejected('21211', '21614', '21635'),
      opted_out: rejected('21610'),
    },
  },
  {
    name: 'twilio',
    channel: 'whatsapp',
    reads: ({ code }) => `${code} is your verification code.`,
    ...twilio,
    rejections: {
      throttled: rejected('20429'),
      misconfigured: rejected('20003', '20005'),
      refused: [...rejected('21655', '21656', '63007', '63016'), ...answered(400, 404)],
      bad_destination: rejected('21211'),
      opted_out: rejected('21610'),
    },
  },
  {
    name: 'twilio',
    channel: 'voice',
    reads: ({ code }) => `Your code is: ${code}.`,
    ...twilio,
    rejections: {
      throttled: rejected('20429'),
      misconfigured: rejected('20003', '20005'),
      refused: [...rejected('21210', '21215', '21219', '13227'), ...answered(400, 404)],
      bad_destination: rejected('21211', '21214', '21217'),
    },
  },
  {
    name: 'aws-sns',
    start: (options) => FakeSns.start(options),
    at: (url) => snsAt(url, 'fake-secret'),
    stranger: (url) => snsAt(url, 'wrong'),
    rejections: {
      throttled: [...rejected('Throttling', 'ThrottlingException'), ...answered(429)],
      misconfigured: [
        ...rejected('AuthorizationError', 'InvalidClientTokenId', 'ExpiredToken', 'OptInRequired'),
        ...answered(401, 403),
      ],
      refused: [...rejected('EndpointDisabled', 'InvalidParameterValue', 'NewCode'), ...answered(400, 404)],
      opted_out: rejected('OptedOut'),
    },
  },
  {
    name: 'http',
    start: (options) => FakeGateway.start(options),
    at: (url) => gatewayAt(url, 'gateway-key'),
    stranger: (url) => gatewayAt(url, 'wrong'),
    rejections: { throttled: answered(429), misconfigured: answered(401, 403), refused: answered(400, 404, 422) },
  },
  {
    // The worked example of docs/providers.md.
    name: 'acme',
    start: (options) => FakeGateway.start(options),
    at: (baseUrl) => new AcmeProvider({ apiKey: 'gateway-key', sender: 'Sixdigit', baseUrl, patience }),
    stranger: (baseUrl) => new AcmeProvider({ apiKey: 'wrong', sender: 'Sixdigit', baseUrl, patience }),
    rejections: { throttled: answered(429), misconfigured: answered(401, 403), refused: answered(400, 404, 422) },
  },
];
