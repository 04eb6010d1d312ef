import { escape, stringify } from 'node:querystring';

import type { Twilio } from 'twilio';

import { dateOf, type AccountReport, type TellsOfAccount } from '../../provider/account.js';
import type { Balance, HasBalance } from '../../provider/balance.js';
import type { CarriesChannels, Channel } from '../../provider/channel.js';
import { HttpClient, type HttpRequest, type HttpResponse } from '../../provider/http-client.js';
import { DEFAULT_PATIENCE } from '../../provider/patience.js';
import {
  ReportRefused,
  type DeliveryReport,
  type ReportRequest,
  type ReportsDelivery,
} from '../../provider/delivery-report.js';
import type { HasSenders, SenderPool } from '../../provider/own-sender.js';
import { ProviderError } from '../../provider/provider-error.js';
import type { PassesReplies, Reply } from '../../provider/reply.js';
import type { Closable, Patience, Pingable, Receipt, SmsMessage, SmsProvider } from '../../provider/sms-provider.js';
import { faultOfTransport, type TransportError } from '../../provider/transport-error.js';
import { twilioAccount, type TwilioAnswer } from './twilio.account.js';
import { senderFaultOf } from './twilio.blocks.js';
import { faultOf } from './twilio.faults.js';
import type { TwilioOptions, TwilioSender } from './twilio.options.js';
import { TwilioWebhooks } from './twilio.reports.js';
import { LONGEST_TWIML, twimlOf } from './twilio.voice.js';
import { whatsAppParams } from './twilio.whatsapp.js';

type MessageParams = Parameters<Twilio['messages']['create']>[0];
type CallParams = Parameters<Twilio['calls']['create']>[0];

const MESSAGE_SID = /^(SM|MM)[0-9a-f]{32}$/;
/** What Twilio allows, and takes when it is told nothing. */
const MAX_VALIDITY_SECS = 36_000;
const CALL_SID = /^CA[0-9a-f]{32}$/;
/** Less than it takes most mailboxes to pick up. */
const RINGS_SECS = 25;
const CALL_EVENTS = ['ringing', 'answered', 'completed'];

/**
 * Twilio's Messages API, https://www.twilio.com/docs/messaging/api/message-resource, for texts and WhatsApp, and its Calls API,
 * https://www.twilio.com/docs/voice/api/call-resource. Its package types the request; the
 * POST is our own, because the package's client has 20 sockets and no deadline.
 */
export class TwilioProvider
  implements
    SmsProvider,
    CarriesChannels,
    HasSenders,
    Pingable,
    HasBalance,
    TellsOfAccount,
    Closable,
    ReportsDelivery,
    PassesReplies
{
  readonly name = 'twilio';
  readonly errorCode = 'TWILIO_API_ERROR';
  readonly patience: Patience;
  readonly channels: readonly Channel[];
  readonly #options: Pick<TwilioOptions, 'whatsApp' | 'voice' | 'publicBaseUrl'>;
  readonly pool: SenderPool;
  readonly #account: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #formHeaders: Readonly<Record<string, string>>;
  readonly #sender: TwilioSender;
  readonly #http: HttpClient;
  readonly #webhooks: TwilioWebhooks | undefined;

  constructor(options: TwilioOptions, http = new HttpClient()) {
    const { accountSid, authToken, sender, publicBaseUrl, whatsApp, voice } = options;
    const { baseUrl = 'https://api.twilio.com', patience = DEFAULT_PATIENCE } = options;
    this.patience = patience;
    this.channels = ['sms', ...(whatsApp ? (['whatsapp'] as const) : []), ...(voice ? (['voice'] as const) : [])];
    this.#options = { whatsApp, voice, publicBaseUrl };
    this.pool = options.pool ?? { senders: [] };
    this.#account = `${baseUrl.replace(/\/+$/, '')}/2010-04-01/Accounts/${accountSid}`;
    this.#headers = { authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}` };
    this.#formHeaders = { ...this.#headers, 'content-type': 'application/x-www-form-urlencoded' };
    this.#sender = sender;
    this.#http = http;
    this.#webhooks = publicBaseUrl ? new TwilioWebhooks({ accountSid, authToken, publicBaseUrl }) : undefined;
  }

  send(message: SmsMessage, signal: AbortSignal): Promise<Receipt> {
    return message.channel === 'voice' ? this.#ring(message, signal) : this.#write(message, signal);
  }

  async #write(message: SmsMessage, signal: AbortSignal): Promise<Receipt> {
    const { validForSecs, attemptId } = message;
    const params = {
      ...this.#addressed(message),
      ...(this.#webhooks && { statusCallback: this.#webhooks.statusCallback(attemptId) }),
      ...(validForSecs !== undefined && {
        validityPeriod: Math.min(Math.max(Math.floor(validForSecs), 1), MAX_VALIDITY_SECS),
      }),
    } satisfies MessageParams;
    const { sid } = await this.#post('Messages', params, signal);
    if (typeof sid !== 'string' || !MESSAGE_SID.test(sid))
      throw new ProviderError('unconfirmed', 'Twilio named no message.');
    return { providerMessageId: sid };
  }

  async #ring(message: SmsMessage, signal: AbortSignal): Promise<Receipt> {
    const { voice } = this.#options;
    if (!voice) throw new ProviderError('refused', 'Twilio is not set up for calls.');
    const twiml = twimlOf(message);
    if (twiml.length > LONGEST_TWIML) throw new ProviderError('refused', 'The text is too long for a call.');
    const params = {
      to: message.to.e164,
      from: voice.from,
      twiml,
      timeout: RINGS_SECS,
      ...(this.#webhooks && {
        statusCallback: this.#webhooks.statusCallback(message.attemptId),
        statusCallbackEvent: CALL_EVENTS,
      }),
    } satisfies CallParams;
    const { sid } = await this.#post('Calls', params, signal);
    if (typeof sid !== 'string' || !CALL_SID.test(sid)) throw new ProviderError('unconfirmed', 'Twilio named no call.');
    return { providerMessageId: sid };
  }

  #addressed(message: SmsMessage) {
    const { to, body, sender } = message;
    if (message.channel !== 'whatsapp')
      return { to: to.e164, body, ...(sender === undefined ? this.#sender : { from: sender }) };
    const { whatsApp } = this.#options;
    if (!whatsApp) throw new ProviderError('refused', 'Twilio is not set up for WhatsApp.');
    return whatsAppParams(message, whatsApp, this.#sender);
  }

  #post(resource: 'Messages' | 'Calls', params: Params, signal: AbortSignal): Promise<Record<string, unknown>> {
    return this.#call({
      method: 'POST',
      url: `${this.#account}/${resource}.json`,
      headers: this.#formHeaders,
      body: formOf(params),
      signal,
    });
  }

  /** Reads the account: free, and says whether it may send at all. */
  async ping(signal: AbortSignal): Promise<void> {
    const { status } = await this.#call({
      method: 'GET',
      url: `${this.#account}.json`,
      headers: this.#headers,
      signal,
    });
    if (status === 'active') return;
    if (status === 'suspended' || status === 'closed')
      throw new ProviderError('misconfigured', `The Twilio account is ${status}.`);
    throw new ProviderError('unconfirmed', 'Twilio answered the ping with something else than an account.');
  }

  /** https://www.twilio.com/docs/usage/api/balance; subaccounts have none. */
  async balance(signal: AbortSignal): Promise<Balance> {
    const url = `${this.#account}/Balance.json`;
    const { balance, currency } = await this.#call({ method: 'GET', url, headers: this.#headers, signal });
    const amount = typeof balance === 'string' && balance.trim() !== '' ? Number(balance) : NaN;
    if (!Number.isFinite(amount) || typeof currency !== 'string' || !/^[A-Z]{3}$/i.test(currency))
      throw new ProviderError('unconfirmed', 'Twilio named no balance.');
    return { amount, currency: currency.toUpperCase() };
  }

  account(signal: AbortSignal): Promise<AccountReport> {
    const ask = async (url: string): Promise<TwilioAnswer> => {
      const { fields, date } = await this.#ask({ method: 'GET', url, headers: this.#headers, signal });
      return { fields, at: dateOf(date) };
    };
    const { origin, hostname } = new URL(this.#account);
    // Twilio has a host for each of its APIs; whatever stands in for it has one for all.
    const messaging = hostname.endsWith('.twilio.com') ? origin.replace('//api.', '//messaging.') : origin;
    return twilioAccount(ask, {
      account: this.#account,
      messaging,
      sender: this.#sender,
      pool: this.pool,
      ...this.#options,
    });
  }

  readReports(request: ReportRequest): readonly DeliveryReport[] {
    return this.#hearing().readReport(request);
  }

  readReply(request: ReportRequest): Reply | undefined {
    return this.#hearing().readReply(request);
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  #hearing(): TwilioWebhooks {
    if (!this.#webhooks) throw new ReportRefused('PUBLIC_BASE_URL is unset');
    return this.#webhooks;
  }

  async #call(request: HttpRequest): Promise<Record<string, unknown>> {
    return (await this.#ask(request)).fields;
  }

  async #ask(request: HttpRequest): Promise<Answer> {
    const response = await this.#http.request(request).catch((error: TransportError) => {
      throw new ProviderError(faultOfTransport(error), `Twilio gave no answer: ${error.reason}.`, { cause: error });
    });
    const answer = readJson(response);
    if (response.status === 200 || response.status === 201) return { fields: answer, date: response.headers['date'] };
    const code =
      Number.isInteger(answer['code']) && Number(answer['code']) < 100_000
        ? ` with code ${Number(answer['code'])}`
        : '';
    const fault = faultOf(response.status, answer['code']);
    const isSenders = fault === 'refused' && senderFaultOf(answer['code']) === 'unusable';
    throw new ProviderError(fault, `Twilio answered ${response.status}${code}.`, { isSenders });
  }
}

interface Answer {
  readonly fields: Record<string, unknown>;
  /** The header. */
  readonly date: string | string[] | undefined;
}

/** Anything but a JSON object reads as an empty one. */
function readJson({ body }: HttpResponse): Record<string, unknown> {
  try {
    return Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

type Params = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** As URLSearchParams does: half a surrogate pair is no character. */
const PERCENT = { encodeURIComponent: (text: string) => escape(text.toWellFormed()) };

/** The form has the package's parameter names with a capital first letter; a list is a parameter several times. */
function formOf(params: Params): string {
  const form: Record<string, string | number | readonly string[]> = {};
  for (const [name, value] of Object.entries(params))
    if (value !== undefined) form[name.charAt(0).toUpperCase() + name.slice(1)] = value;
  return stringify(form, undefined, undefined, PERCENT); // half the CPU of URLSearchParams
}
