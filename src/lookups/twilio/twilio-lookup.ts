import type { PhoneNumber } from '../../kernel/index.js';
import { HttpClient, TransportError } from '../../sms/index.js';
import { LookupFailed, type Line, type LineInfo, type Lookup } from '../lookup.js';

export interface TwilioLookupOptions {
  /** AC and 32 hex digits. */
  readonly accountSid: string;
  readonly authToken: string;
  readonly baseUrl?: string;
}

/** https://www.twilio.com/docs/lookup/v2-api/line-type-intelligence#type-property-values; `unknown`, and what is new, is not known. */
const LINE: ReadonlyMap<unknown, Line> = new Map<unknown, Line>([
  ['mobile', 'mobile'],
  ['landline', 'fixed-line'],
  ['fixedVoip', 'voip'],
  ['nonFixedVoip', 'voip'],
  ['personal', 'personal-number'],
  ['tollFree', 'toll-free'],
  ['premium', 'premium-rate'],
  ['sharedCost', 'shared-cost'],
  ['uan', 'uan'],
  ['voicemail', 'voicemail'],
  ['pager', 'pager'],
]);
const MCC = /^\d{3}$/;
const MNC = /^\d{2,3}$/;
const LONGEST_NAME = 100;
const CONNECTIONS = 50;

/** Twilio Lookup v2 with its package Line Type Intelligence, https://www.twilio.com/docs/lookup/v2-api. */
export class TwilioLookup implements Lookup {
  readonly name = 'twilio-lookup';
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #http: HttpClient;

  constructor(options: TwilioLookupOptions, http = new HttpClient({ connections: CONNECTIONS })) {
    const { accountSid, authToken, baseUrl = 'https://lookups.twilio.com' } = options;
    this.#url = `${baseUrl.replace(/\/+$/, '')}/v2/PhoneNumbers/`;
    this.#headers = { authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}` };
    this.#http = http;
  }

  async find({ e164 }: PhoneNumber, signal: AbortSignal): Promise<LineInfo> {
    const url = `${this.#url}${encodeURIComponent(e164)}?Fields=line_type_intelligence`;
    const request = { method: 'GET', url, headers: this.#headers, signal } as const;
    const { status, body } = await this.#http.request(request).catch((error: unknown) => {
      const { written, reason } = error instanceof TransportError ? error : { written: true, reason: 'unknown' };
      throw new LookupFailed(`Twilio Lookup gave no answer: ${reason}.`, written, { cause: error });
    });
    // What it says no to is on no bill; what broke there may be.
    if (status !== 200) throw new LookupFailed(`Twilio Lookup answered ${status}.`, status >= 500 || status < 400);
    const info = read(body);
    if (!info) throw new LookupFailed('Twilio Lookup answered something else.', true);
    return info;
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}

function read(body: string): LineInfo | undefined {
  const answer = objectIn(body);
  const { valid, line_type_intelligence: said } = answer;
  if (typeof valid !== 'boolean') return undefined;
  const { type, mobile_country_code, mobile_network_code, carrier_name } = Object(said ?? {}) as Record<
    string,
    unknown
  >;
  const [mcc, mnc] = [mobile_country_code, mobile_network_code].map((code) => (typeof code === 'string' ? code : ''));
  return {
    isValid: valid,
    line: LINE.get(type) ?? null,
    network: MCC.test(mcc ?? '') && MNC.test(mnc ?? '') ? `${mcc}-${mnc}` : null,
    carrier: nameIn(carrier_name),
  };
}

function nameIn(text: unknown): string | null {
  if (typeof text !== 'string') return null;
  const name = [...text.replace(/\p{C}/gu, '').trim()].slice(0, LONGEST_NAME).join('');
  return name === '' ? null : name;
}

function objectIn(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
