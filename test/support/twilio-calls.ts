import { E164, type LedgerEntry } from './ledger.js';
import { twilioOpenApi } from './twilio-openapi.js';

const PAUSE = '<Pause length="[1-9]\\d?"/>';
const SAY = '<Say language="([a-z]{2}-[A-Z]{2})">((?:[^<>&]|&#\\d+;)*)</Say>';
/** As much of TwiML as anybody here needs; anything else would be read out as an error. */
const TWIML = new RegExp(`^<Response>(?:${PAUSE}|${SAY})+</Response>$`, 'u');

/** What Twilio would say to this Calls form. */
export function callFault(form: URLSearchParams): { code: string; detail?: string } | undefined {
  const [to, from, twiml] = [form.get('To'), form.get('From'), form.get('Twiml')];
  if (!to || !from) return { code: '21200', detail: 'To and From are needed' };
  if (!E164.test(to)) return { code: '21211', detail: `Invalid 'To' Phone Number: ${to}` };
  if (!E164.test(from)) return { code: '21212', detail: `Invalid 'From' Number: ${from}` };
  if (!twiml) return { code: '21205', detail: 'Url, Twiml or ApplicationSid is needed' };
  if (twiml.length > 4_000) return { code: '21200', detail: 'Twiml is longer than 4000 characters' };
  if (!TWIML.test(twiml)) return { code: '12100', detail: 'Twiml is no document that can be parsed' };
  const detail = twilioOpenApi()?.formFault('call', form);
  return detail === undefined ? undefined : { code: '20001', detail };
}

/** What is said first, with digits that were said one by one put together. */
export function spokenIn(twiml: string): string {
  const [, , said = ''] = new RegExp(SAY, 'u').exec(twiml) ?? [];
  return said.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))).replace(/(?<=\d), (?=\d)/g, '');
}

export const languageIn = (twiml: string): string | undefined => new RegExp(SAY, 'u').exec(twiml)?.[1];

/** https://www.twilio.com/docs/voice/api/call-resource */
export function callResource(accountSid: string, { to, from, at }: LedgerEntry, sid: string) {
  const uri = `/2010-04-01/Accounts/${accountSid}/Calls/${sid}`;
  const created = new Date(at).toUTCString().replace('GMT', '+0000');
  return {
    ...{ sid, account_sid: accountSid, api_version: '2010-04-01', status: 'queued', direction: 'outbound-api' },
    ...{ to, to_formatted: to, from: from ?? null, from_formatted: from ?? null, phone_number_sid: null },
    ...{ date_created: created, date_updated: created, start_time: null, end_time: null, duration: null },
    ...{ price: null, price_unit: 'USD', answered_by: null, caller_name: null, forwarded_from: null },
    ...{ group_sid: null, parent_call_sid: null, queue_time: '0', trunk_sid: null, uri: `${uri}.json` },
    subresource_uris: { notifications: `${uri}/Notifications.json`, recordings: `${uri}/Recordings.json` },
  };
}
