import { verify } from 'node:crypto';

import { ReportRefused, type ReportRequest } from '../../../provider/delivery-report.js';
import { parse, textOf } from './json-objects.js';
import type { SigningCertificates } from './signing-certificates.js';

/** What SNS signs, in the order of its canonical text; https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
const NOTIFICATION = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const CONFIRMATION = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
const SIGNED: ReadonlyMap<string, readonly string[]> = new Map([
  ['Notification', NOTIFICATION],
  ['SubscriptionConfirmation', CONFIRMATION],
  ['UnsubscribeConfirmation', CONFIRMATION],
]);
const OPTIONAL = 'Subject';
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['1', 'sha1'],
  ['2', 'sha256'],
]);

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;
/** SNS gives up on a message after an hour. */
const MOST_OFF_MS = 3_600_000;

/** Signed by SNS for a topic of ours, within the last hour. */
export interface SnsMessage {
  readonly type: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';
  readonly topicArn: string;
  readonly message: string;
  /** Of a confirmation. */
  readonly token?: string;
}

export interface SnsTrust {
  /** Topics that may tell us anything. */
  readonly topicArns: readonly string[];
  readonly certificates: SigningCertificates;
  readonly now: () => Date;
}

/**
 * An HTTPS message of an SNS subscription. Whatever costs something, such as getting the certificate, comes after what
 * does not: nobody without the name of a topic of ours makes us ask AWS for anything.
 * @throws {ReportRefused | AwsUnavailable}
 */
export async function readSnsMessage({ headers, body }: ReportRequest, trust: SnsTrust): Promise<SnsMessage> {
  const said = parse(body.toString('utf8'));
  const type = textOf(said, 'Type') ?? '';
  const signed = SIGNED.get(type);
  if (!signed || headers['x-amz-sns-message-type'] !== type) throw new ReportRefused('it is no message of SNS');
  const values = signed.map((name) => [name, textOf(said, name)] as const);
  const value = (name: string) => values.find(([each]) => each === name)?.[1] ?? '';

  const topicArn = value('TopicArn');
  if (!trust.topicArns.includes(topicArn)) throw new ReportRefused('its topic is not in AWS_SNS_REPORT_TOPIC_ARNS');
  if (!values.every(([name, text]) => isReadable(name, text))) throw new ReportRefused('a member is missing or odd');
  const at = value('Timestamp');
  if (!ISO_TIME.test(at) || !(Math.abs(trust.now().getTime() - Date.parse(at)) <= MOST_OFF_MS))
    throw new ReportRefused('it was not sent within the last hour');

  const digest = DIGESTS.get(textOf(said, 'SignatureVersion') ?? '');
  if (!digest) throw new ReportRefused('its signature is of no known version');
  const [, , , region = ''] = topicArn.split(':');
  const { publicKey } = await trust.certificates.at(textOf(said, 'SigningCertURL') ?? '', region);
  const canonical = values.flatMap(([name, text]) => (text === undefined ? [] : [`${name}\n${text}\n`])).join('');
  const signature = Buffer.from(textOf(said, 'Signature') ?? '', 'base64');
  if (!verify(digest, Buffer.from(canonical, 'utf8'), publicKey, signature))
    throw new ReportRefused('its signature is wrong');
  return { type: type as SnsMessage['type'], topicArn, message: value('Message'), token: value('Token') || undefined };
}

/**
 * The canonical text puts names and values on lines of their own. With a line end in any value but the message's, one
 * signature would fit two different messages.
 */
function isReadable(name: string, text: string | undefined): boolean {
  if (text === undefined) return name === OPTIONAL;
  return name === 'Message' || !/[\r\n]/.test(text);
}
