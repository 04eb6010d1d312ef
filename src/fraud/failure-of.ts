import { DeliveryUnavailable, type Dispatch, type SmsService } from '../sms/index.js';
import { DestinationNotAllowed, optedOut } from './destination-policy.js';

/** The error that says why nobody took a text: its number cannot get any, or no provider would. */
export function failureOf(
  { status, attempts }: Dispatch,
  sms: Pick<SmsService, 'errorCodeOf'>,
): DestinationNotAllowed | DeliveryUnavailable {
  const failed = attempts.flatMap((attempt) => (attempt.outcome === 'accepted' ? [] : [attempt]));
  if (status === 'refused') {
    return failed.at(-1)?.fault === 'opted_out'
      ? optedOut()
      : new DestinationNotAllowed('unreachable_number', 'This number cannot get texts.', 'Ask for a mobile number.');
  }
  return new DeliveryUnavailable(
    failed.map(({ provider, fault }) => ({ provider, fault, code: sms.errorCodeOf(provider) })),
  );
}
