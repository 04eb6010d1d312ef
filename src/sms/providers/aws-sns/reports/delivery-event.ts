import type { DeliveryReport } from '../../../provider/delivery-report.js';
import { failureOf, UNLISTED, type Failure } from './failures.js';
import { member, parse, textOf } from './json-objects.js';
import { usdMicros } from './usd-micros.js';

/** UUIDs, as far as AWS says. What else there may be has to fit into a column, or it would spoil its whole batch. */
const MESSAGE_ID = /^[\w-]{1,100}$/;
/** End User Messaging says "unknown" of what no network said anything about for 72 hours. */
const NO_WORD_MS = 71 * 3_600_000;

/**
 * What AWS says of one text, in any of the ways it says it: SNS' delivery log, an event of End User Messaging, or such an
 * event in EventBridge's envelope. Undefined for what is about no text.
 */
export function readDeliveryEvent(event: unknown): DeliveryReport | undefined {
  if (member(event, 'detail-type') !== undefined) return readMessagingEvent(member(event, 'detail'));
  return member(event, 'eventType') === undefined ? readDeliveryLog(event) : readMessagingEvent(event);
}

/** What a subscription of CloudWatch Logs sends: many log lines at once, or a sign of life; else one event. */
export function readLogs(payload: object): DeliveryReport[] {
  const lines = member(payload, 'logEvents');
  const isSubscription = member(payload, 'messageType') !== undefined && Array.isArray(lines);
  const events = isSubscription ? lines.map((line) => parse(textOf(line, 'message') ?? '')) : [payload];
  return events.flatMap((event) => readDeliveryEvent(event) ?? []);
}

/** https://docs.aws.amazon.com/sns/latest/dg/sms_stats_cloudwatch.html; SNS says one thing of a text, and that is the last. */
function readDeliveryLog(log: unknown): DeliveryReport | undefined {
  const delivery = member(log, 'delivery');
  const providerMessageId = idIn(member(log, 'notification'));
  const status = member(log, 'status');
  if (!providerMessageId || (status !== 'SUCCESS' && status !== 'FAILURE')) return undefined;
  return {
    providerMessageId,
    phone: textOf(delivery, 'destination'),
    costMicros: usdMicros(member(delivery, 'priceInUSD')),
    ...(status === 'SUCCESS'
      ? { status: 'delivered' }
      : undelivered(failureOf(textOf(delivery, 'providerResponse')) ?? UNLISTED)),
  };
}

/** https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html */
function readMessagingEvent(event: unknown): DeliveryReport | undefined {
  const providerMessageId = idIn(event);
  const told = textOf(event, 'eventType');
  const outcome = told && outcomeOf(told, event);
  if (!providerMessageId || !outcome) return undefined;
  const price = usdMicros(member(event, 'totalMessagePrice'));
  const fee = usdMicros(member(event, 'totalCarrierFee')) ?? 0;
  return {
    providerMessageId,
    phone: textOf(event, 'destinationPhoneNumber'),
    costMicros: price === undefined ? undefined : price + fee,
    ...outcome,
  };
}

function idIn(of: unknown): string | undefined {
  const id = textOf(of, 'messageId') ?? '';
  return MESSAGE_ID.test(id) ? id : undefined;
}

type Outcome = Pick<DeliveryReport, 'status' | 'code' | 'curable' | 'optedOut' | 'senderFault'>;

function outcomeOf(type: string, event: unknown): Outcome | undefined {
  if (type === 'TEXT_DELIVERED') return { status: 'delivered' };
  // The carrier took it. Where phones confirm nothing, this is the last word.
  if (type === 'TEXT_SUCCESSFUL' || type === 'TEXT_SENT') return { status: 'sent' };
  if (type === 'TEXT_QUEUED' || type === 'TEXT_PENDING') return { status: 'accepted' };
  const failure = failureOf(type, textOf(event, 'messageStatusDescription'));
  if (!failure) return undefined;
  const isOver = member(event, 'isFinal') !== false && !(type === 'TEXT_UNKNOWN' && waitedInVain(event));
  return isOver ? undelivered(failure) : { status: 'accepted' };
}

function waitedInVain(event: unknown): boolean {
  const [at, requestedAt] = [member(event, 'eventTimestamp'), member(event, 'messageRequestTimestamp')];
  return Number(at) - Number(requestedAt) >= NO_WORD_MS;
}

const undelivered = (failure: Failure): Outcome => ({ status: 'undelivered', ...failure });
