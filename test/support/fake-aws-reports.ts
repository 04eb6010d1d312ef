import { createSign, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** A request as it is about to go over the wire, so that a test can spoil it. */
export interface ReportOnTheWire {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface DeliveryLogOptions {
  readonly messageId: string;
  readonly destination: string;
  readonly status?: 'SUCCESS' | 'FAILURE';
  readonly providerResponse?: string;
  readonly priceInUSD?: number;
}

/** A line of SNS' delivery status log, as AWS documents it. */
export const deliveryLog = ({
  messageId,
  destination,
  status = 'SUCCESS',
  providerResponse = status === 'SUCCESS'
    ? 'Message has been accepted by phone'
    : 'Unknown error attempting to reach phone',
  priceInUSD = 0.00645,
}: DeliveryLogOptions) => ({
  notification: { messageId, timestamp: '2026-06-28 00:40:34.558' },
  delivery: {
    phoneCarrier: 'My Phone Carrier',
    mnc: 270,
    destination,
    priceInUSD,
    smsType: 'Transactional',
    mcc: 310,
    providerResponse,
    dwellTimeMs: 599,
    dwellTimeMsUntilDeviceAck: 1344,
  },
  status,
});

/** An event of End User Messaging, as AWS documents it. */
export const messagingEvent = (eventType: string, messageId: string, more: object = {}) => ({
  eventType,
  eventVersion: '1.0',
  eventTimestamp: 1_686_975_103_470,
  isFinal: true,
  originationPhoneNumber: '+12065550152',
  destinationPhoneNumber: '+14255550156',
  isInternationalSend: false,
  mcc: '310',
  mnc: '800',
  messageId,
  messageRequestTimestamp: 1_686_975_103_170,
  messageEncoding: 'GSM',
  messageType: 'TRANSACTIONAL',
  messageStatus: eventType.replace('TEXT_', ''),
  messageStatusDescription: 'Message has been accepted by phone carrier',
  context: { account: 'bar' },
  totalMessageParts: 1,
  totalMessagePrice: 0.09582,
  totalCarrierFee: 0.0,
  ...more,
});

/** That event as EventBridge hands it on. */
export const eventBridge = (detail: object) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Text Message Delivery Status Updated',
  source: 'aws.sms-voice',
  account: '123456789123',
  time: '2026-10-16T17:21:40Z',
  region: 'eu-west-2',
  resources: [],
  detail,
});

/** What a subscription filter of CloudWatch Logs puts into one record. */
export function cloudWatchRecord(
  lines: readonly (object | string)[],
  messageType: 'DATA_MESSAGE' | 'CONTROL_MESSAGE' = 'DATA_MESSAGE',
): Buffer {
  const message = (line: object | string) => (typeof line === 'string' ? line : JSON.stringify(line));
  const payload = {
    messageType,
    owner: messageType === 'DATA_MESSAGE' ? '123456789012' : 'CloudwatchLogs',
    logGroup: 'sns/us-east-1/123456789012/DirectPublishToPhoneNumber',
    logStream: 'a-stream',
    subscriptionFilters: ['to-firehose'],
    logEvents: lines.map((line, n) => ({ id: String(n), timestamp: Date.now(), message: message(line) })),
  };
  return gzipSync(JSON.stringify(payload));
}

export interface FirehoseOptions {
  readonly requestId?: string;
  /** Where the body names another than the header. */
  readonly inBody?: string;
  readonly gzip?: boolean;
}

/** One request of a Firehose HTTP endpoint. Sent twice, it is a retry. */
export function firehoseBatch(
  accessKey: string | undefined,
  records: readonly (Buffer | string)[],
  { requestId = randomUUID(), inBody, gzip = false }: FirehoseOptions = {},
): ReportOnTheWire {
  const data = records.map((record) => ({ data: Buffer.from(record).toString('base64') }));
  const json = JSON.stringify({ requestId: inBody ?? requestId, timestamp: Date.now(), records: data });
  return {
    headers: {
      'content-type': 'application/json',
      'x-amz-firehose-protocol-version': '1.0',
      'x-amz-firehose-request-id': requestId,
      'x-amz-firehose-source-arn': 'arn:aws:firehose:us-east-1:123456789012:deliverystream/sms',
      'user-agent': 'Amazon Kinesis Data Firehose Agent/1.0',
      ...(accessKey !== undefined && { 'x-amz-firehose-access-key': accessKey }),
      ...(gzip && { 'content-encoding': 'gzip' }),
    },
    body: gzip ? gzipSync(json) : Buffer.from(json),
  };
}

type Fields = Readonly<Record<string, string>>;

const SIGNED = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];

/** A topic that signs what it says with a key of its own. */
export class FakeSnsTopic {
  constructor(
    readonly arn: string,
    private readonly key: string,
    readonly certificateUrl: string,
  ) {}

  notification(message: object | string, more: Fields = {}): Fields {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    return this.fields('Notification', {
      Message: text,
      UnsubscribeURL: 'https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe',
      ...more,
    });
  }

  /** With a URL that nobody may ever fetch. */
  confirmation(subscribeUrl: string, token: string, type = 'SubscriptionConfirmation'): Fields {
    const message = `You have chosen to subscribe to the topic ${this.arn}.\nTo confirm it, visit the SubscribeURL.`;
    return this.fields(type, { Message: message, SubscribeURL: subscribeUrl, Token: token });
  }

  /** Signed and ready to go; `after` is put in when it has been signed. */
  wire(fields: Fields, { version = '2', after = {} } = {}): ReportOnTheWire {
    const canonical = SIGNED.flatMap((name) => (name in fields ? [`${name}\n${fields[name]}\n`] : [])).join('');
    const Signature = createSign(version === '1' ? 'sha1' : 'sha256')
      .update(canonical)
      .sign(this.key, 'base64');
    const said: Fields = {
      ...fields,
      SignatureVersion: version,
      Signature,
      SigningCertURL: this.certificateUrl,
      ...after,
    };
    return {
      headers: {
        'content-type': 'text/plain; charset=UTF-8',
        'x-amz-sns-message-type': said.Type ?? '',
        'x-amz-sns-message-id': said.MessageId ?? '',
        'x-amz-sns-topic-arn': said.TopicArn ?? '',
        'user-agent': 'Amazon Simple Notification Service Agent',
      },
      body: Buffer.from(JSON.stringify(said)),
    };
  }

  private fields(type: string, more: Fields): Fields {
    return { Type: type, MessageId: randomUUID(), TopicArn: this.arn, Timestamp: new Date().toISOString(), ...more };
  }
}
