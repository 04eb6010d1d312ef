import type { ProviderFault } from '../../provider/provider-error.js';
import { faultOfStatus } from '../../provider/transport-error.js';

/** Twilio's own codes, from https://www.twilio.com/docs/api/errors. */
const FAULTS: Readonly<Record<number, ProviderFault>> = {
  21211: 'bad_destination', // not a phone number
  21614: 'bad_destination', // not a mobile number
  21635: 'bad_destination', // a landline
  21214: 'bad_destination', // cannot be called
  21217: 'bad_destination', // no number that could be called
  21610: 'opted_out',
  10001: 'misconfigured', // account not active
  20003: 'misconfigured', // authentication
  20005: 'misconfigured', // account suspended
  20429: 'throttled', // "never processed"
  21611: 'throttled', // the sender's queue is full
  21212: 'refused', // not a sender
  21408: 'refused', // country not enabled, sometimes as a 403
  21603: 'refused', // no sender
  21606: 'refused', // the sender is not ours or cannot text
  21608: 'refused', // a trial account texts verified phones only
  21612: 'refused', // no route between sender and phone
  21210: 'refused', // not a number of ours to call from
  21215: 'refused', // country not enabled for calls
  21219: 'refused', // a trial account calls verified phones only
  21655: 'refused', // no such template
  21656: 'refused', // not what its template wants
  63007: 'refused', // no WhatsApp sender of ours
};

/** A code says more than a status, but only together with a 4xx is it a promise that nothing was sent. */
export function faultOf(status: number, code: unknown): ProviderFault {
  if (status < 400 || status >= 500) return 'unconfirmed';
  return FAULTS[Number(code)] ?? faultOfStatus(status) ?? 'refused';
}
