import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FakeOptions, FakeProvider } from './fake-provider.js';
import { type Draft, E164, type LedgerEntry } from './ledger.js';
import type { ErrorHint } from './play.js';
import { belongingsAt, type FakeBelongings } from './twilio-account.js';
import { callFault, callResource, spokenIn } from './twilio-calls.js';
import { twilioOpenApi } from './twilio-openapi.js';
import { deliver, retriesOf, twilioSignature } from './twilio-webhook.js';
import { type Answer, type Verdict, type WireRequest, json } from './wire.js';

export interface FakeTwilioOptions extends FakeOptions {
  readonly accountSid?: string;
  readonly authToken?: string;
}

export interface ReportOptions {
  readonly errorCode?: string;
  /** How often the same report is sent, although it was answered. */
  readonly times?: number;
  /** Instead of, or on top of, what Twilio would send. */
  readonly fields?: Readonly<Record<string, string>>;
}

const RETRY_AFTER_MS = 100;

const MESSAGES: Readonly<Record<string, string>> = {
  '20001': 'Invalid parameter',
  '20003': 'Authenticate',
  '20005': 'Account not active',
  '20404': 'The requested resource was not found',
  '20429': 'Too Many Requests',
  '20500': 'An internal server error has occurred',
  '20503': 'Service Unavailable',
  '21211': "Invalid 'To' Phone Number",
  '21408': "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
  '21602': 'Message body is required.',
  '21603': "A 'From' phone number is required.",
  '21604': "A 'To' phone number is required.",
  '21610': 'Attempt to send to unsubscribed recipient',
  '21614': "'To' number is not a valid mobile number",
  '21656': 'The ContentVariables Parameter is invalid',
  '21910': "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel",
  '21617': 'The concatenated message body exceeds the 1600 character limit',
};

/** The numbers that Twilio's test credentials refuse. */
const MAGIC: ReadonlyMap<string, string> = new Map([
  ['+15005550001', '21211'],
  ['+15005550003', '21408'],
  ['+15005550004', '21610'],
  ['+15005550009', '21614'],
]);

const WHATSAPP = /^whatsapp:/;

const hex32 = (): string => randomBytes(16).toString('hex');
const rfc2822 = (at: number): string => new Date(at).toUTCString().replace('GMT', '+0000');

export class FakeTwilio extends FakeProvider {
  /** As Twilio writes it; undefined: a subaccount, which has none. */
  balance: string | undefined = '100.00';
  accountStatus: 'active' | 'suspended' | 'closed' = 'active';
  accountType: 'Full' | 'Trial' = 'Full';
  readonly belongings: FakeBelongings = { numbers: [{ number: '+15005550006' }], shortCodes: [], services: {} };
  /** What its clock is ahead of ours, as its Date header tells it. */
  clockAheadMs = 0;
  /** Statuses that every accepted message reports by itself, in this order. */
  reports: readonly string[] = [];
  /** The same of calls. */
  callReports: readonly string[] = [];
  /** Before the answer to the POST, not after it. */
  reportFirst = false;
  /** Where reports go, whatever host their StatusCallback names: it is signed as it was given. */
  reportsTo?: string;
  readonly accountSid: string;
  private readonly authToken: string;
  private readonly reporting = new Set<Promise<unknown>>();

  private constructor(options: FakeTwilioOptions) {
    super(options);
    this.accountSid = options.accountSid ?? `AC${'0'.repeat(32)}`;
    this.authToken = options.authToken ?? 'test-token';
  }

  static start(options: FakeTwilioOptions = {}): Promise<FakeTwilio> {
    return new FakeTwilio(options).listen();
  }

  /** @returns the status of every request that it took; 0 is no answer. Nothing is sent without a StatusCallback. */
  async report(of: LedgerEntry | string, status: string, options: ReportOptions = {}): Promise<number[]> {
    const entry = typeof of === 'string' ? this.ledger.find(({ id }) => id === of) : of;
    const url = entry?.fields.StatusCallback;
    if (!entry || !url) return [];
    const form = new URLSearchParams(this.reportForm(entry, status, options));
    const signature = twilioSignature(this.authToken, url, form);
    const request = { url, form, signature, ...(this.reportsTo && { origin: this.reportsTo }) };
    const idempotencyToken = randomUUID();
    const answers: number[] = [];
    const again = () => (answers.length > 0 ? { ...request, idempotencyToken } : request);
    for (let told = 0; told < (options.times ?? 1); told += 1) {
      for (let tries = 0; tries <= retriesOf(url); tries += 1) {
        if (tries > 0) await sleep(RETRY_AFTER_MS);
        const answer = await deliver(again());
        answers.push(answer);
        if (answer >= 200 && answer < 300) break;
      }
    }
    return answers;
  }

  override async close(): Promise<void> {
    await Promise.all(this.reporting);
    await super.close();
  }

  protected override async onAccepted(entry: LedgerEntry, answer: () => Promise<void>): Promise<void> {
    if (this.reportFirst) await this.reportAll(entry);
    try {
      await answer();
    } finally {
      if (!this.reportFirst) {
        const reporting = this.reportAll(entry).finally(() => this.reporting.delete(reporting));
        this.reporting.add(reporting);
      }
    }
  }

  private async reportAll(entry: LedgerEntry): Promise<void> {
    const statuses = entry.channel === 'voice' ? this.callReports : this.reports;
    for (const status of statuses) await this.report(entry, status);
  }

  private reportForm(
    entry: LedgerEntry,
    status: string,
    { errorCode, ...more }: ReportOptions,
  ): Record<string, string> {
    const { id, from, fields, channel } = entry;
    const service = fields.MessagingServiceSid;
    const to = fields.To ?? entry.to;
    if (channel === 'voice') {
      const call = { CallSid: id, CallStatus: status, Called: to, Caller: from ?? '', Direction: 'outbound-api' };
      const about = { To: to, From: from ?? '', AccountSid: this.accountSid, ApiVersion: '2010-04-01' };
      const event = { CallbackSource: 'call-progress-events', SequenceNumber: '0' };
      return { ...call, ...about, ...event, ...(errorCode && { ErrorCode: errorCode }), ...more.fields };
    }
    return {
      ...(channel === 'whatsapp' && { ChannelPrefix: 'whatsapp', ChannelToAddress: to }),
      SmsSid: id,
      SmsStatus: status,
      MessageSid: id,
      MessageStatus: status,
      To: to,
      From: from ?? '+15005550006',
      AccountSid: this.accountSid,
      ApiVersion: '2010-04-01',
      ...(service && { MessagingServiceSid: service }),
      ...(errorCode && { ErrorCode: errorCode }),
      ...more.fields,
    };
  }

  protected override judge(request: WireRequest): Verdict {
    const { method, path } = request;
    const [, sid, what] = /^\/2010-04-01\/Accounts\/([^/.]+)(\/Messages|\/Calls|\/Balance)?\.json$/.exec(path) ?? [];
    const isCreated = what === '/Messages' || what === '/Calls';
    const isPost = sid && isCreated && method === 'POST';
    const isBelonging = method === 'GET' && /IncomingPhoneNumbers|ShortCodes|^\/v1\/Services\//.test(path);
    const of = isPost ? 'message' : isBelonging || (sid && !isCreated && method === 'GET') ? 'ping' : 'other';
    if (of === 'other') {
      const answer = this.renderError({ code: '20404' });
      return { kind: 'refused', of, answer, fault: `${method} ${path}: no such resource` };
    }
    if (!(isBelonging || sid === this.accountSid) || !this.authorised(request)) {
      return { kind: 'refused', of, answer: this.renderError({ code: '20003' }) };
    }
    if (isBelonging) {
      const found = belongingsAt(path, request.query, this.accountSid, this.belongings);
      return { kind: 'ping', answer: found ?? this.renderError({ code: '20404' }) };
    }
    if (what === '/Balance') return { kind: 'ping', answer: this.left() };
    return of === 'ping' ? { kind: 'ping', answer: this.account() } : this.message(request, what === '/Calls');
  }

  protected override newId({ channel }: Draft): string {
    return `${channel === 'voice' ? 'CA' : 'SM'}${hex32()}`;
  }

  protected override malformedId(): string {
    return 'SM-not-a-sid';
  }

  protected override renderSuccess(entry: LedgerEntry, id: string): Answer {
    if (entry.channel === 'voice') {
      const call = callResource(this.accountSid, entry, id);
      if (id === entry.id) twilioOpenApi()?.assertAnswer('call', call);
      return json(201, call);
    }
    const service = entry.fields.MessagingServiceSid;
    const uri = `/2010-04-01/Accounts/${this.accountSid}/Messages/${id}`;
    const message = {
      account_sid: this.accountSid,
      api_version: '2010-04-01',
      body: entry.body,
      date_created: rfc2822(entry.at),
      date_updated: rfc2822(entry.at),
      date_sent: null,
      direction: 'outbound-api',
      error_code: null,
      error_message: null,
      from: entry.from ?? null,
      messaging_service_sid: service ?? null,
      num_media: '0',
      // No sender is chosen yet with a Messaging Service, so Twilio cannot count the segments.
      num_segments: service ? '0' : '1',
      price: null,
      price_unit: 'USD',
      sid: id,
      status: service ? 'accepted' : 'queued',
      subresource_uris: { media: `${uri}/Media.json` },
      to: entry.fields.To,
      uri: `${uri}.json`,
    };
    if (id === entry.id) twilioOpenApi()?.assertAnswer('message', message);
    return json(201, message);
  }

  protected override renderError({ code, status }: ErrorHint, detail?: string): Answer {
    const number = code ?? (status === 401 ? '20003' : String(20_000 + (status ?? 400)));
    const http = status ?? statusOf(number);
    const message = detail ?? MESSAGES[number] ?? 'Request failed';
    const more_info = `https://www.twilio.com/docs/errors/${number}`;
    return json(http, { code: Number(number), message, more_info, status: http });
  }

  private authorised({ headers }: WireRequest): boolean {
    const expected = Buffer.from(`${this.accountSid}:${this.authToken}`).toString('base64');
    return headers.authorization === `Basic ${expected}`;
  }

  private left(): Answer {
    if (this.balance === undefined) return this.renderError({ code: '20404' });
    const left = { account_sid: this.accountSid, balance: this.balance, currency: 'USD' };
    twilioOpenApi()?.assertAnswer('balance', left);
    return json(200, left);
  }

  private account(): Answer {
    const account = {
      sid: this.accountSid,
      owner_account_sid: this.accountSid,
      friendly_name: 'Fake account',
      status: this.accountStatus,
      type: this.accountType,
      date_created: rfc2822(0),
      date_updated: rfc2822(0),
      subresource_uris: { messages: `/2010-04-01/Accounts/${this.accountSid}/Messages.json` },
      uri: `/2010-04-01/Accounts/${this.accountSid}.json`,
    };
    twilioOpenApi()?.assertAnswer('account', account);
    const { headers, ...answer } = json(200, account);
    return { ...answer, headers: { ...headers, date: new Date(Date.now() + this.clockAheadMs).toUTCString() } };
  }

  private message({ headers, body }: WireRequest, isCall: boolean): Verdict {
    const form = new URLSearchParams(body);
    const type = headers['content-type'];
    const fault = type?.startsWith('application/x-www-form-urlencoded')
      ? (isCall ? callFault : wireFault)(form)
      : { code: '20001', detail: `content-type ${type}` };
    if (fault) {
      const answer = this.renderError({ code: fault.code, status: 400 }, fault.detail);
      const told = `${fault.code}: ${fault.detail ?? MESSAGES[fault.code] ?? ''}`;
      return { kind: 'refused', of: 'message', answer, fault: told };
    }
    const draft = isCall ? toCall(form) : toDraft(form);
    const code = this.accountStatus === 'active' ? MAGIC.get(draft.to) : '20005';
    return { kind: 'message', draft, ...(code && { refusal: this.renderError({ code }) }) };
  }
}

function statusOf(code: string): number {
  if (code === '20003') return 401;
  if (code === '20005') return 403;
  const number = Number(code);
  return number >= 20_400 && number < 20_600 ? number - 20_000 : 400;
}

function wireFault(form: URLSearchParams): { code: string; detail?: string } | undefined {
  const address = form.get('To');
  const to = address?.replace(WHATSAPP, '');
  const body = form.get('Body');
  const validity = form.get('ValidityPeriod');
  if (!to) return { code: '21604' };
  if (!E164.test(to)) return { code: '21211', detail: `Invalid 'To' Phone Number: ${to}` };
  const from = form.get('From');
  if (from && WHATSAPP.test(from) !== WHATSAPP.test(address ?? '')) return { code: '21910' };
  const content = form.get('ContentSid');
  if (!body && !content) return { code: '21602' };
  if (body && content) return { code: '20001', detail: 'Body beside ContentSid' };
  if (content && variablesIn(form) === undefined) return { code: '21656' };
  if (body && [...body].length > 1600) return { code: '21617' };
  if (!form.get('From') && !form.get('MessagingServiceSid')) return { code: '21603' };
  if (validity !== null && !(/^\d{1,5}$/.test(validity) && +validity >= 1 && +validity <= 36_000)) {
    return { code: '20001', detail: `ValidityPeriod ${validity} is not an integer from 1 to 36000` };
  }
  const detail = twilioOpenApi()?.formFault('message', form);
  return detail === undefined ? undefined : { code: '20001', detail };
}

/** A template's variables; undefined: they are none. */
function variablesIn(form: URLSearchParams): Readonly<Record<string, string>> | undefined {
  try {
    const variables = JSON.parse(form.get('ContentVariables') ?? '{}') as Readonly<Record<string, string>>;
    return Object.values(variables).every((value) => typeof value === 'string') ? variables : undefined;
  } catch {
    return undefined;
  }
}

/** As whoever picks up hears it. */
function toCall(form: URLSearchParams): Draft {
  const heard = spokenIn(form.get('Twiml')!);
  const fields = Object.fromEntries(form);
  return { to: form.get('To')!, from: form.get('From')!, body: heard, channel: 'voice', fields };
}

function toDraft(form: URLSearchParams): Draft {
  const from = form.get('From');
  const validity = form.get('ValidityPeriod');
  const to = form.get('To')!;
  return {
    to: to.replace(WHATSAPP, ''),
    // What WhatsApp itself says around a code.
    body: form.get('Body') ?? `${variablesIn(form)?.['1']} is your verification code.`,
    channel: WHATSAPP.test(to) ? 'whatsapp' : 'sms',
    ...(from && { from }),
    ...(validity && { validitySecs: Number(validity) }),
    fields: Object.fromEntries(form),
  };
}
