import { randomUUID } from 'node:crypto';

import { type FakeOptions, FakeProvider } from './fake-provider.js';
import { E164, type LedgerEntry } from './ledger.js';
import type { ErrorHint } from './play.js';
import { type Answer, type Verdict, type WireRequest, json } from './wire.js';

/** What is said of one number, in Twilio's words. */
export interface SaidOfLine {
  readonly valid?: boolean;
  readonly type?: string | null;
  readonly mcc?: string | null;
  readonly mnc?: string | null;
  readonly carrier?: string | null;
  /** Null: the package says nothing of it. */
  readonly errorCode?: number | null;
}

const MOBILE: SaidOfLine = { type: 'mobile', mcc: '310', mnc: '260', carrier: 'T-Mobile USA, Inc.' };
const PATH = /^\/v2\/PhoneNumbers\/([^/]+)$/;

/** Twilio Lookup v2, https://www.twilio.com/docs/lookup/v2-api; its ledger is the bill: one entry a number that was looked up. */
export class FakeLookup extends FakeProvider {
  readonly accountSid = `AC${'0'.repeat(32)}`;
  /** By number; every other is a mobile. */
  readonly lines = new Map<string, SaidOfLine>();

  static start(options: FakeOptions = {}): Promise<FakeLookup> {
    return new FakeLookup(options).listen();
  }

  protected override judge({ method, path, query, headers }: WireRequest): Verdict {
    const [, written = ''] = PATH.exec(path) ?? [];
    const phone = decodeURIComponent(written);
    if (method !== 'GET' || !E164.test(phone))
      return { kind: 'refused', of: 'message', answer: this.renderError({ status: 404 }), fault: `${method} ${path}` };
    if (query.get('Fields') !== 'line_type_intelligence')
      return {
        kind: 'refused',
        of: 'message',
        answer: this.renderError({ status: 400 }),
        fault: `?${query.toString()}`,
      };
    const credentials = Buffer.from(`${this.accountSid}:test-token`).toString('base64');
    if (headers.authorization !== `Basic ${credentials}`)
      return { kind: 'refused', of: 'message', answer: this.renderError({ code: '20003', status: 401 }) };
    return { kind: 'message', draft: { to: phone, body: '', fields: Object.fromEntries(query) } };
  }

  protected override newId(): string {
    return randomUUID();
  }

  protected override malformedId(): string {
    return '';
  }

  protected override renderSuccess({ to, id: entry }: LedgerEntry, id: string): Answer {
    const said = this.lines.get(to) ?? MOBILE;
    const { valid = true, type = null, mcc = null, mnc = null, carrier = null, errorCode = null } = said;
    // An answer that is none: the kind of fault that a malformed id is elsewhere.
    if (id !== entry) return json(200, { phone_number: to, valid: 'yes' });
    return json(200, {
      calling_country_code: '1',
      country_code: 'US',
      phone_number: to,
      national_format: to,
      valid,
      validation_errors: valid ? [] : ['INVALID_BUT_POSSIBLE'],
      caller_name: null,
      sim_swap: null,
      call_forwarding: null,
      line_status: null,
      line_type_intelligence: {
        error_code: errorCode,
        mobile_country_code: mcc,
        mobile_network_code: mnc,
        carrier_name: carrier,
        type,
      },
      identity_match: null,
      reassigned_number: null,
      sms_pumping_risk: null,
      url: `https://lookups.twilio.com/v2/PhoneNumbers/${to}`,
    });
  }

  protected override renderError({ code = '20404', status = 404 }: ErrorHint): Answer {
    const more_info = `https://www.twilio.com/docs/errors/${code}`;
    return json(status, { code: Number(code), message: 'Request failed', more_info, status });
  }
}
