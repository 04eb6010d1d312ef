import { dateOf, type AccountFact, type AccountReport, type TellsOfAccount } from '../../provider/account.js';
import { HttpClient, type HttpRequest, type HttpResponse } from '../../provider/http-client.js';
import { DEFAULT_PATIENCE } from '../../provider/patience.js';
import type { DeliveryReport, ReportRequest } from '../../provider/delivery-report.js';
import { ProviderError } from '../../provider/provider-error.js';
import type { Closable, Patience, Receipt, SmsMessage, SmsProvider } from '../../provider/sms-provider.js';
import { faultOfStatus, faultOfTransport, type TransportError } from '../../provider/transport-error.js';
import { GatewayReports } from './http.reports.js';
import { encodingFor, fill, urlEncoding, type Values } from './template.js';

export interface HttpOptions {
  /** Values in braces are filled in percent-encoded; see `template.ts`. */
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  /** Filled in as its content type wants it; not sent with GET. */
  readonly body?: string;
  /** Which 2xx bodies count as taken; unset: all. */
  readonly successPattern?: RegExp;
  /** Which bodies say that the text was surely not sent, whatever the status; it comes before everything else. */
  readonly refusalPattern?: RegExp;
  /** Its first group is the message's id; unset: the attempt's own id, which the gateway got as `{ref}`. */
  readonly idPattern?: RegExp;
  readonly sender?: string;
  /** Asked by GET, with the same headers, for a sign of life. */
  readonly pingUrl?: string;
  /** What its body has to match; unset: any 2xx is a sign of life. */
  readonly pingPattern?: RegExp;
  /** Shared with the gateway, at least 32 characters; unset: it has no reports. */
  readonly webhookSecret?: string;
  /** The origin at which the gateway finds us, for `{reportUrl}`. */
  readonly publicBaseUrl?: string;
  readonly patience?: Patience;
}

const MESSAGE_ID = /^[\x21-\x7e]{1,128}$/;

/** Any gateway that takes a text in one HTTP request. */
export class HttpProvider implements SmsProvider, TellsOfAccount, Closable {
  readonly name = 'http';
  readonly errorCode = 'DELIVERY_UNAVAILABLE';
  readonly patience: Patience;
  /** Only there when a ping URL is: without one nobody can ask. */
  readonly ping?: (signal: AbortSignal) => Promise<void>;
  /** Only there when a secret is: without one nobody can prove to be the gateway. */
  readonly readReports?: (request: ReportRequest) => readonly DeliveryReport[];

  readonly #options: HttpOptions;
  readonly #http: HttpClient;
  readonly #reports: GatewayReports | undefined;

  constructor(options: HttpOptions, http = new HttpClient()) {
    this.#options = options;
    this.#http = http;
    this.patience = options.patience ?? DEFAULT_PATIENCE;
    const { pingUrl, headers = {}, webhookSecret } = options;
    const reports = webhookSecret ? new GatewayReports(this.name, webhookSecret) : undefined;
    this.#reports = reports;
    if (reports) this.readReports = (request) => reports.read(request);
    if (pingUrl) this.ping = async (signal) => void (await this.ask({ method: 'GET', url: pingUrl, headers, signal }));
  }

  async send(message: SmsMessage, signal: AbortSignal): Promise<Receipt> {
    const { url, method = 'POST', headers = {}, body = '' } = this.#options;
    const values = this.valuesOf(message);
    const contentType = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
    const request = { method, url: fill(url, values, urlEncoding), headers, signal };
    const filled = method === 'GET' ? undefined : fill(body, values, encodingFor(contentType));
    return this.read(await this.call({ ...request, body: filled }), message.attemptId);
  }

  async account(signal: AbortSignal): Promise<AccountReport> {
    const { pingUrl, headers = {} } = this.#options;
    if (!pingUrl) return { facts: [NOT_ASKED] };
    try {
      const at = dateOf((await this.ask({ method: 'GET', url: pingUrl, headers, signal })).headers['date']);
      return { facts: [{ about: 'gateway', state: 'ok', found: 'it answers' }], ...(at && { at }) };
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return { facts: [unwell(error)] };
    }
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  private async ask(request: HttpRequest): Promise<HttpResponse> {
    const response = await this.call(request);
    expectGood(response);
    if (this.#options.pingPattern?.test(response.body) === false)
      throw new ProviderError('unconfirmed', 'The gateway is there, but did not say that all is well.');
    return response;
  }

  private call(request: HttpRequest): Promise<HttpResponse> {
    return this.#http.request(request).catch((error: TransportError) => {
      throw new ProviderError(faultOfTransport(error), `The gateway gave no answer: ${error.reason}.`, {
        cause: error,
      });
    });
  }

  private read(response: HttpResponse, ref: string): Receipt {
    const { successPattern, refusalPattern, idPattern } = this.#options;
    const { body } = response;
    const page = isPage(response);
    // Before the status: Kannel's 403 is a wrong password, but also a number that it has no route to.
    if (!page && refusalPattern?.test(body)) throw new ProviderError('refused', 'The gateway refused the text.');
    expectGood(response);
    if (page) throw new ProviderError('unconfirmed', 'The gateway answered with a page.');
    if (successPattern ? !successPattern.test(body) : isLabelledPage(response))
      throw new ProviderError('unconfirmed', 'The gateway did not say that it took the text.');
    if (!idPattern) return { providerMessageId: ref };
    const id = idPattern.exec(body)?.[1];
    if (!id || !MESSAGE_ID.test(id)) throw new ProviderError('unconfirmed', 'The gateway named no message.');
    return { providerMessageId: id };
  }

  private valuesOf({ to, body, validForSecs, attemptId }: SmsMessage): Values {
    const { publicBaseUrl } = this.#options;
    return {
      to: to.e164,
      toDigits: to.e164.slice(1),
      text: body,
      from: this.#options.sender ?? '',
      validForSecs: String(validForSecs ?? ''),
      validForMins: validForSecs === undefined ? '' : String(Math.max(1, Math.floor(validForSecs / 60))),
      ref: attemptId,
      reportUrl: publicBaseUrl ? (this.#reports?.urlFor(attemptId, publicBaseUrl) ?? '') : '',
    };
  }
}

const NOT_ASKED: AccountFact = {
  about: 'gateway',
  state: 'warning',
  found: 'there is nothing that it could be asked for nothing: only a real text tells whether it works',
  mend: 'Set SMS_HTTP_PING_URL to an address of it that costs nothing.',
};

const unwell = ({ fault, message }: ProviderError): AccountFact => ({
  about: 'gateway',
  state: 'fault',
  found: message.replace(/\.$/, ''),
  mend:
    fault === 'misconfigured'
      ? 'Correct what proves who we are in SMS_HTTP_HEADERS.'
      : 'Look whether this machine may reach it, and at SMS_HTTP_PING_URL and SMS_HTTP_PING_PATTERN.',
});

/** @throws {ProviderError} when the status is not 2xx */
function expectGood({ status }: HttpResponse): void {
  if (status >= 200 && status < 300) return;
  throw new ProviderError(faultOfStatus(status) ?? 'refused', `The gateway answered ${status}.`);
}

const isLabelledPage = ({ headers }: HttpResponse): boolean => /^text\/html/i.test(String(headers['content-type']));

/** A page is for people: of a proxy, a portal or a broken gateway. Kannel calls its plain lines text/html, too. */
function isPage(response: HttpResponse): boolean {
  return isLabelledPage(response) ? /<[!/a-z]/i.test(response.body) : /^\s*<(!doctype|html)/i.test(response.body);
}
