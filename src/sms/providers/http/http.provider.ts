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
  /** Which 2xx bodies say that the text was surely not sent. */
  readonly refusalPattern?: RegExp;
  /** Its first group is the message's id; unset: the attempt's own id, which the gateway got as `{ref}`. */
  readonly idPattern?: RegExp;
  readonly sender?: string;
  /** Asked by GET, with the same headers, for a sign of life. */
  readonly pingUrl?: string;
  /** Shared with the gateway, at least 32 characters; unset: it has no reports. */
  readonly webhookSecret?: string;
  /** The origin at which the gateway finds us, for `{reportUrl}`. */
  readonly publicBaseUrl?: string;
  readonly patience?: Patience;
}

const MESSAGE_ID = /^[\x21-\x7e]{1,128}$/;

/** Any gateway that takes a text in one HTTP request. */
export class HttpProvider implements SmsProvider, Closable {
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
    const { pingUrl: url, headers = {}, webhookSecret } = options;
    const reports = webhookSecret ? new GatewayReports(this.name, webhookSecret) : undefined;
    this.#reports = reports;
    if (reports) this.readReports = (request) => reports.read(request);
    if (url) this.ping = async (signal) => void (await this.call({ method: 'GET', url, headers, signal }));
  }

  async send(message: SmsMessage, signal: AbortSignal): Promise<Receipt> {
    const { url, method = 'POST', headers = {}, body = '' } = this.#options;
    const values = this.valuesOf(message);
    const contentType = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
    const request = { method, url: fill(url, values, urlEncoding), headers, signal };
    const filled = method === 'GET' ? undefined : fill(body, values, encodingFor(contentType));
    return this.read(await this.call({ ...request, body: filled }), message.attemptId);
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  private async call(request: HttpRequest): Promise<HttpResponse> {
    const response = await this.#http.request(request).catch((error: TransportError) => {
      throw new ProviderError(faultOfTransport(error), `The gateway gave no answer: ${error.reason}.`, {
        cause: error,
      });
    });
    const { status } = response;
    if (status >= 200 && status < 300) return response;
    throw new ProviderError(faultOfStatus(status) ?? 'refused', `The gateway answered ${status}.`);
  }

  private read({ headers, body }: HttpResponse, ref: string): Receipt {
    const { successPattern, refusalPattern, idPattern } = this.#options;
    // A page is for people: of a proxy, a portal or a broken gateway.
    if (/^text\/html/i.test(String(headers['content-type'])) || /^\s*<(!doctype|html)/i.test(body))
      throw new ProviderError('unconfirmed', 'The gateway answered with a page.');
    if (refusalPattern?.test(body)) throw new ProviderError('refused', 'The gateway refused the text.');
    if (successPattern && !successPattern.test(body))
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
      ref: attemptId,
      reportUrl: publicBaseUrl ? (this.#reports?.urlFor(attemptId, publicBaseUrl) ?? '') : '',
    };
  }
}
