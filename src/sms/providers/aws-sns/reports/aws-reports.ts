import type { DeliveryReport, ReportRequest } from '../../../provider/delivery-report.js';
import { readLogs } from './delivery-event.js';
import { firehoseRequestId, readFirehose } from './firehose.js';
import { jsonObjectsIn } from './json-objects.js';
import { AwsUnavailable, SigningCertificates, type CertificateSource } from './signing-certificates.js';
import { readSnsMessage, type SnsTrust } from './sns-message.js';

export interface AwsReportsOptions {
  /** What Firehose sends as its access key; unset: nothing of Firehose is taken. */
  readonly accessKey?: string;
  /** Topics that may tell us anything; unset: nothing of SNS subscriptions is taken. */
  readonly topicArns?: readonly string[];
  /** Where signing certificates are got; unset: from SNS itself. */
  readonly certificates?: CertificateSource;
  /** For tests. */
  readonly now?: () => Date;
}

/** Tells SNS by its API that a subscription is wanted. */
export type Confirm = (topicArn: string, token: string) => Promise<void>;

/** Both ways on which AWS tells what became of a text: a Firehose HTTP endpoint and an SNS subscription. */
export class AwsReports {
  private readonly accessKey?: string;
  private readonly trust: SnsTrust;

  constructor(
    { accessKey, topicArns = [], certificates, now = () => new Date() }: AwsReportsOptions,
    source: CertificateSource,
    private readonly confirm: Confirm,
  ) {
    this.accessKey = accessKey;
    this.trust = { topicArns, certificates: new SigningCertificates(certificates ?? source, now), now };
  }

  /** @throws {ReportRefused | BatchUnreadable | ReportsTooLarge | AwsUnavailable} */
  async read(request: ReportRequest): Promise<readonly DeliveryReport[]> {
    if (firehoseRequestId(request) !== undefined) return readFirehose(request, this.accessKey);
    const { type, topicArn, message, token = '' } = await readSnsMessage(request, this.trust);
    switch (type) {
      case 'Notification':
        return jsonObjectsIn(message).flatMap(readLogs);
      case 'SubscriptionConfirmation':
        await this.confirm(topicArn, token).catch((error: unknown) => {
          throw new AwsUnavailable('Confirming the subscription', { cause: error });
        });
        return [];
      case 'UnsubscribeConfirmation':
        return []; // whoever takes requests in says so to the operator
    }
  }
}
