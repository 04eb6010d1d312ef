import type { SenderFault } from '../../../provider/own-sender.js';

/** Why a text did not arrive. */
export interface Failure {
  readonly code: string;
  /** Whether another provider, with other senders and routes, may do better. */
  readonly curable: boolean;
  readonly optedOut?: true;
  readonly senderFault?: SenderFault;
}

const curable = (code: string): Failure => ({ code, curable: true });
/** A carrier would not take it from this sender. */
const blocked = (code: string): Failure => ({ ...curable(code), senderFault: 'blocked' });
const final = (code: string): Failure => ({ code, curable: false });

const OPTED_OUT: Failure = { code: 'opted-out', curable: false, optedOut: true };
/** The reason itself is prose, and not repeated. */
export const UNLISTED = curable('unlisted');

/** SNS' sentences, https://docs.aws.amazon.com/sns/latest/dg/sms_stats_cloudwatch.html, and End User Messaging's event types. */
const FAILURES: ReadonlyMap<string, Failure> = new Map([
  ['Blocked as spam by phone carrier', blocked('spam')],
  ['Destination is on a blocked list', curable('destination-blocked')],
  ['Invalid phone number', final('invalid-number')],
  ['Message body is invalid', curable('invalid-body')],
  ['No quota left for account', curable('no-quota')],
  ['Phone carrier has blocked this message', blocked('carrier-blocked')],
  ['Phone carrier is currently unreachable/unavailable', curable('carrier-unreachable')],
  ['Phone has blocked SMS', final('phone-blocks-sms')],
  ['Phone is on a blocked list', curable('phone-blocked')],
  ['Phone is currently unreachable/unavailable', curable('phone-unreachable')],
  ['This delivery would exceed max price', curable('max-price')],
  ['Unknown error attempting to reach phone', curable('unknown')],
  ['TEXT_BLOCKED', curable('blocked')],
  ['TEXT_CARRIER_BLOCKED', blocked('carrier-blocked')],
  ['TEXT_CARRIER_UNREACHABLE', curable('carrier-unreachable')],
  ['TEXT_INVALID', final('invalid-number')],
  ['TEXT_INVALID_MESSAGE', curable('invalid-body')],
  ['TEXT_PROTECT_BLOCKED', curable('protect-blocked')],
  ['TEXT_SPAM', blocked('spam')],
  ['TEXT_TTL_EXPIRED', curable('expired')],
  ['TEXT_UNKNOWN', curable('unknown')],
  ['TEXT_UNREACHABLE', curable('phone-unreachable')],
]);

/** Undefined for what AWS' documentation does not list. */
export function failureOf(reason = '', description = ''): Failure | undefined {
  if (/\bopted out\b/i.test(`${reason} ${description}`)) return OPTED_OUT;
  return FAILURES.get(reason.trim().replace(/\.$/, ''));
}
