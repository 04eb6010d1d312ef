import { createHash, timingSafeEqual } from 'node:crypto';

import { DomainError } from '../../../../kernel/index.js';
import { ReportRefused, type DeliveryReport, type ReportRequest } from '../../../provider/delivery-report.js';
import { readLogs } from './delivery-event.js';
import { jsonObjectsIn, member, parse, textOf } from './json-objects.js';
import { ReportsTooLarge, Unpacker } from './unpack.js';

/** A buffer of 1 MiB holds some 1500 events of one record each. */
const MOST_RECORDS = 10_000;
/** The envelope and all that its records inflate to: the log lines of some 50 000 texts. */
const MOST_BYTES = 24 * 1024 * 1024;

/** Came with the right key, and is not what Firehose sends. */
export class BatchUnreadable extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'See docs/delivery-reports-aws.md for how Firehose is to be set up.';
}

/** Firehose names every request, the same over its retries. */
export const firehoseRequestId = ({ headers }: Pick<ReportRequest, 'headers'>): string | undefined =>
  one(headers['x-amz-firehose-request-id']);

/**
 * A request of a Firehose HTTP endpoint, https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html.
 * Records that say nothing of a text are left out: whoever fills the stream may put anything there.
 * @throws {ReportRefused | BatchUnreadable | ReportsTooLarge}
 */
export async function readFirehose(request: ReportRequest, accessKey: string | undefined): Promise<DeliveryReport[]> {
  const { headers, body } = request;
  if (accessKey === undefined) throw new ReportRefused('SMS_WEBHOOK_SECRET is unset');
  if (!isSame(one(headers['x-amz-firehose-access-key']) ?? '', accessKey))
    throw new ReportRefused('its access key is not SMS_WEBHOOK_SECRET');

  const unpacker = new Unpacker(MOST_BYTES);
  const reports: DeliveryReport[] = [];
  for (const data of await recordsOf(firehoseRequestId(request), body, unpacker)) {
    const plain = await unpacker.unpack(Buffer.from(data, 'base64'));
    for (const payload of jsonObjectsIn(plain?.toString('utf8') ?? '')) reports.push(...readLogs(payload));
  }
  return reports;
}

async function recordsOf(requestId: string | undefined, body: Buffer, unpacker: Unpacker): Promise<string[]> {
  // By its first bytes, whatever Content-Encoding says: JSON never begins like that.
  const envelope = parse((await unpacker.unpack(body))?.toString('utf8') ?? '');
  const records = member(envelope, 'records');
  if (!Array.isArray(records)) throw new BatchUnreadable('The body is no batch of records.');
  if (!requestId || textOf(envelope, 'requestId') !== requestId)
    throw new BatchUnreadable('The request id of the body is not that of the header.');
  if (records.length > MOST_RECORDS) throw new ReportsTooLarge();
  return records.flatMap((record) => textOf(record, 'data') ?? []);
}

const one = (header: string | string[] | undefined) => (typeof header === 'string' ? header : undefined);

/** In a time that does not depend on how much of it is right. */
const isSame = (given: string, wanted: string): boolean => timingSafeEqual(digest(given), digest(wanted));

const digest = (text: string) => createHash('sha256').update(text).digest();
