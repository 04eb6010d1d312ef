import type { SenderFault } from '../../provider/own-sender.js';

/**
 * What Twilio's codes say of the sender, in answers and in reports, https://www.twilio.com/docs/api/errors. None of these is: 21610,
 * the person asked for no more texts; 21612, 21408, no route to this phone; 21611, the sender's queue is full; 30003, 30005, 30006,
 * about the phone; 30008, unknown; 30022, 30023, 30027, a limit of the day; 30038, about the text.
 */
const SENDER_FAULTS: Readonly<Record<number, SenderFault>> = {
  30004: 'blocked', // by the carrier, or for this one phone
  30007: 'blocked', // filtered as spam by the carrier or by Twilio
  30024: 'blocked', // the number is not provisioned at this phone's carrier
  30032: 'unusable', // a toll-free number that was not verified
  30034: 'unusable', // a number that is registered for no campaign
  21212: 'unusable', // no number
  21606: 'unusable', // not ours, or no texts from it
  21659: 'unusable', // not Twilio's
  21660: 'unusable', // of another account
  21661: 'unusable', // no texts from it
};

export const senderFaultOf = (code: unknown): SenderFault | undefined => SENDER_FAULTS[Number(code)];
