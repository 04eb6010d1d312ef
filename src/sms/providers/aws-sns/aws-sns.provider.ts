import type * as AwsSdk from '@aws-sdk/client-sns';
import type { MessageAttributeValue, SNSClient } from '@aws-sdk/client-sns';

import type { AccountReport, TellsOfAccount } from '../../provider/account.js';
import type { DeliveryReport, ReportRequest, ReportsDelivery } from '../../provider/delivery-report.js';
import { HttpClient } from '../../provider/http-client.js';
import { DEFAULT_PATIENCE } from '../../provider/patience.js';
import { isNumeric, type HasSenders, type SenderPool } from '../../provider/own-sender.js';
import { ProviderError } from '../../provider/provider-error.js';
import type {
  Closable,
  Patience,
  Pingable,
  Preparable,
  Receipt,
  SmsMessage,
  SmsProvider,
} from '../../provider/sms-provider.js';
import { TransportError } from '../../provider/transport-error.js';
import { snsAccount } from './aws-sns.account.js';
import { readError } from './aws-sns.faults.js';
import { AwsReports, type AwsReportsOptions } from './reports/aws-reports.js';
import { certificatesOver } from './reports/signing-certificates.js';
import { requestHandlerOver, type Call } from './sns-request-handler.js';

export interface AwsSnsOptions {
  readonly region: string;
  /** Unset: the SDK's own chain finds them. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  readonly smsType?: 'Transactional' | 'Promotional';
  /** Of texts that name none: 1 to 11 letters, digits and dashes. */
  readonly senderId?: string;
  /** What texts may name. */
  readonly pool?: SenderPool;
  readonly endpoint?: string;
  readonly patience?: Patience;
  readonly reports?: AwsReportsOptions;
}

type Sdk = typeof AwsSdk;

/** What SNS may take to confirm a subscription. */
const CONFIRM_MS = 10_000;
const MESSAGE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const text = (value: string): MessageAttributeValue => ({ DataType: 'String', StringValue: value });

/**
 * Amazon SNS' Publish to a phone number, https://docs.aws.amazon.com/sns/latest/api/API_Publish.html. SNS knows no validity
 * period: what it could not deliver in time, it delivers late. The SDK signs and reads; it never retries here.
 */
export class AwsSnsProvider
  implements SmsProvider, HasSenders, Pingable, Preparable, TellsOfAccount, Closable, ReportsDelivery
{
  readonly name = 'aws-sns';
  readonly errorCode = 'AWS_SNS_ERROR';
  readonly patience: Patience;
  readonly pool: SenderPool;
  #sdk?: Promise<Sdk>;
  /** One a region: topics that report may be in another than texts are sent from. */
  readonly #clients = new Map<string, SNSClient>();
  readonly #options: AwsSnsOptions;
  readonly #http: HttpClient;
  readonly #reports: AwsReports;

  constructor(options: AwsSnsOptions, http = new HttpClient()) {
    this.patience = options.patience ?? DEFAULT_PATIENCE;
    this.pool = options.pool ?? { senders: [] };
    this.#options = options;
    this.#http = http;
    this.#reports = new AwsReports(options.reports ?? {}, certificatesOver(http), (arn, token) =>
      this.#confirm(arn, token),
    );
  }

  async send({ to, body, sender = this.#options.senderId }: SmsMessage, signal: AbortSignal): Promise<Receipt> {
    const { smsType = 'Transactional' } = this.#options;
    const named = sender && isNumeric(sender) ? 'AWS.MM.SMS.OriginationNumber' : 'AWS.SNS.SMS.SenderID';
    const attributes = { 'AWS.SNS.SMS.SMSType': text(smsType), ...(sender && { [named]: text(sender) }) };
    const input = { PhoneNumber: to.e164, Message: body.toWellFormed(), MessageAttributes: attributes };
    const { MessageId: id } = await this.#call(signal, (sns, { PublishCommand }, options) =>
      sns.send(new PublishCommand(input), options),
    );
    if (!id || !MESSAGE_ID.test(id)) throw new ProviderError('unconfirmed', 'SNS named no message.');
    return { providerMessageId: id };
  }

  /** Loads the SDK. */
  async prepare(): Promise<void> {
    await this.#connected(this.#options.region);
  }

  /** Reads the account's SMS settings: free. Credentials that may publish and nothing else have answered, too. */
  async ping(signal: AbortSignal): Promise<void> {
    const input = { attributes: ['DefaultSMSType'] };
    await this.#call(signal, (sns, { GetSMSAttributesCommand }, options) =>
      sns.send(new GetSMSAttributesCommand(input), options),
    ).catch((error: ProviderError) => {
      if ((error.cause as Error | undefined)?.name.startsWith('AuthorizationError')) return;
      throw error;
    });
  }

  async account(signal: AbortSignal): Promise<AccountReport> {
    const call: Call = { signal, begun: false };
    const facts = await snsAccount({
      attributes: () =>
        this.#call(
          signal,
          (sns, { GetSMSAttributesCommand }, options) => sns.send(new GetSMSAttributesCommand({}), options),
          this.#options.region,
          call,
        ).then(({ attributes = {} }) => attributes),
      isInSandbox: () =>
        this.#call(signal, (sns, { GetSMSSandboxAccountStatusCommand }, options) =>
          sns.send(new GetSMSSandboxAccountStatusCommand({}), options),
        ).then(({ IsInSandbox }) => IsInSandbox),
    });
    return { facts, ...(call.at && { at: call.at }) };
  }

  readReports(request: ReportRequest): Promise<readonly DeliveryReport[]> {
    return this.#reports.read(request);
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.destroy();
    await this.#http.close();
  }

  /** Where the topic is, whatever address the message gave for it. */
  async #confirm(topicArn: string, token: string): Promise<void> {
    const input = { TopicArn: topicArn, Token: token };
    await this.#call(
      AbortSignal.timeout(CONFIRM_MS),
      (sns, { ConfirmSubscriptionCommand }, options) => sns.send(new ConfirmSubscriptionCommand(input), options),
      topicArn.split(':')[3],
    );
  }

  /**
   * The SDK is not told of the deadline, because it would give up without saying whether the request was out; the request
   * itself is. What is given up before (while credentials are looked for) was surely not sent.
   */
  async #call<T>(
    signal: AbortSignal,
    work: (sns: SNSClient, sdk: Sdk, options: object) => Promise<T>,
    region = this.#options.region,
    call: Call = { signal, begun: false },
  ): Promise<T> {
    let check!: () => void;
    const givenUp = new Promise<never>((_, reject) => {
      check = () => void (call.begun || reject(new TransportError(false, 'deadline')));
    });
    if (signal.aborted) check();
    else signal.addEventListener('abort', check);
    try {
      return await Promise.race([givenUp, this.#connected(region).then(([sns, sdk]) => work(sns, sdk, { call }))]);
    } catch (error) {
      throw readError(error);
    } finally {
      signal.removeEventListener('abort', check);
    }
  }

  /** The SDK takes a third of a second to load, so it is loaded when the program is up, or by who uses it before. */
  async #connected(region: string): Promise<[SNSClient, Sdk]> {
    const sdk = await (this.#sdk ??= import('@aws-sdk/client-sns'));
    const known = this.#clients.get(region);
    if (known) return [known, sdk];
    const { credentials, region: own, endpoint: ownEndpoint } = this.#options;
    const endpoint = region === own ? ownEndpoint : undefined;
    const requestHandler = requestHandlerOver(this.#http);
    const client = new sdk.SNSClient({ region, credentials, endpoint, maxAttempts: 1, requestHandler });
    this.#clients.set(region, client);
    return [client, sdk];
  }
}
