import { twilioOpenApi } from './twilio-openapi.js';
import { type Answer, json } from './wire.js';

export interface FakeNumber {
  readonly number: string;
  readonly sms?: boolean;
  readonly voice?: boolean;
  /** Where texts to it are told. */
  readonly smsUrl?: string;
}

export interface FakeService {
  readonly numbers?: readonly string[];
  readonly alphaSenders?: readonly string[];
  readonly isRegistered?: boolean;
  readonly inboundUrl?: string;
}

/** What an account has beside its texts. */
export interface FakeBelongings {
  numbers: readonly FakeNumber[];
  shortCodes: readonly string[];
  /** By their SIDs. */
  services: Readonly<Record<string, FakeService>>;
}

const AT = 'Thu, 01 Jan 1970 00:00:00 +0000';
const sid = (prefix: string, n: number) => `${prefix}${String(n).padStart(32, '0')}`;

/** The answer to a GET; undefined: there is no such thing. */
export function belongingsAt(
  path: string,
  query: URLSearchParams,
  account: string,
  has: FakeBelongings,
): Answer | undefined {
  const of = `/2010-04-01/Accounts/${account}`;
  if (path === `${of}/IncomingPhoneNumbers.json`) return numbers(of, account, query.get('PhoneNumber') ?? '', has);
  if (path === `${of}/SMS/ShortCodes.json`) return shortCodes(of, account, query.get('ShortCode') ?? '', has);
  const [, service = '', list] =
    /^\/v1\/Services\/(MG[0-9a-f]{32})(?:\/(PhoneNumbers|ShortCodes|AlphaSenders))?$/.exec(path) ?? [];
  const found = has.services[service];
  if (!found) return undefined;
  return list ? sendersOf(found, service, account, list) : json(200, serviceResource(found, service, account));
}

const page = (uri: string, length: number) => ({
  ...{ first_page_uri: `${uri}?Page=0`, next_page_uri: null, previous_page_uri: null, uri: `${uri}?Page=0` },
  ...{ page: 0, page_size: 50, start: 0, end: Math.max(length - 1, 0) },
});

function numbers(of: string, account: string, asked: string, has: FakeBelongings): Answer {
  // As Twilio's filter: whatever contains it.
  const found = has.numbers.filter(({ number }) => number.includes(asked));
  const list = found.map(({ number, sms = true, voice = true, smsUrl = '' }, index) => ({
    ...{ sid: sid('PN', index), account_sid: account, friendly_name: number, phone_number: number, beta: false },
    ...{ capabilities: { voice, sms, mms: sms, fax: false }, origin: 'twilio', status: 'in-use', type: 'local' },
    ...{ api_version: '2010-04-01', date_created: AT, date_updated: AT, address_requirements: 'none' },
    ...{
      sms_url: smsUrl,
      sms_method: 'POST',
      sms_fallback_url: '',
      sms_fallback_method: 'POST',
      sms_application_sid: '',
    },
    ...{ voice_url: '', voice_method: 'POST', status_callback: '', status_callback_method: 'POST' },
    uri: `${of}/IncomingPhoneNumbers/${sid('PN', index)}.json`,
  }));
  const answer = { ...page(`${of}/IncomingPhoneNumbers.json`, list.length), incoming_phone_numbers: list };
  // Application SIDs that are not set come back empty, which the document's own pattern forbids.
  const strict = { ...answer, incoming_phone_numbers: list.map(({ sms_application_sid: _, ...rest }) => rest) };
  twilioOpenApi()?.assertAnswer('numbers', strict);
  return json(200, answer);
}

function shortCodes(of: string, account: string, asked: string, has: FakeBelongings): Answer {
  const found = has.shortCodes.filter((code) => code.includes(asked));
  const list = found.map((code, index) => ({
    ...{
      sid: sid('SC', index),
      account_sid: account,
      friendly_name: code,
      short_code: code,
      api_version: '2010-04-01',
    },
    ...{ date_created: AT, date_updated: AT, sms_method: 'POST', sms_url: null },
    ...{ sms_fallback_method: 'POST', sms_fallback_url: null, uri: `${of}/SMS/ShortCodes/${sid('SC', index)}.json` },
  }));
  const answer = { ...page(`${of}/SMS/ShortCodes.json`, list.length), short_codes: list };
  twilioOpenApi()?.assertAnswer('shortCodes', answer);
  return json(200, answer);
}

/** https://www.twilio.com/docs/messaging/api/service-resource, as the twilio package reads it. */
const serviceResource = ({ isRegistered = true, inboundUrl = '' }: FakeService, service: string, account: string) => ({
  ...{
    sid: service,
    account_sid: account,
    friendly_name: 'Codes',
    usecase: 'verification',
    url: `/v1/Services/${service}`,
  },
  ...{ date_created: '1970-01-01T00:00:00Z', date_updated: '1970-01-01T00:00:00Z', validity_period: 36_000 },
  ...{ inbound_request_url: inboundUrl, inbound_method: 'POST', fallback_url: null, fallback_method: 'POST' },
  ...{
    status_callback: null,
    sticky_sender: true,
    mms_converter: true,
    smart_encoding: false,
    area_code_geomatch: true,
  },
  ...{ us_app_to_person_registered: isRegistered, use_inbound_webhook_on_number: false, synchronous_validation: false },
});

function sendersOf(service: FakeService, id: string, account: string, list: string): Answer {
  const of = { account_sid: account, service_sid: id, capabilities: ['SMS'] };
  const key = { PhoneNumbers: 'phone_numbers', ShortCodes: 'short_codes', AlphaSenders: 'alpha_senders' }[list]!;
  const found =
    list === 'PhoneNumbers'
      ? (service.numbers ?? []).map((number, n) => ({
          sid: sid('PN', n),
          phone_number: number,
          country_code: 'US',
          ...of,
        }))
      : list === 'AlphaSenders'
        ? (service.alphaSenders ?? []).map((name, n) => ({ sid: sid('AI', n), alpha_sender: name, ...of }))
        : [];
  const url = `/v1/Services/${id}/${list}?PageSize=50&Page=0`;
  const meta = { page: 0, page_size: 50, first_page_url: url, previous_page_url: null, next_page_url: null, url, key };
  return json(200, { meta, [key]: found });
}
