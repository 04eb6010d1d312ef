import { HttpClient, type HttpRequest, type HttpResponse } from '../../../src/sms/provider/http-client.js';
import { DEFAULT_PATIENCE } from '../../../src/sms/provider/patience.js';
import { ProviderError } from '../../../src/sms/provider/provider-error.js';
import type {
  Closable,
  Patience,
  Pingable,
  Receipt,
  SmsMessage,
  SmsProvider,
} from '../../../src/sms/provider/sms-provider.js';
import { faultOfStatus, faultOfTransport, type TransportError } from '../../../src/sms/provider/transport-error.js';

export interface AcmeOptions {
  readonly apiKey: string;
  readonly sender: string;
  readonly baseUrl: string;
  readonly patience?: Patience;
}

/** Acme's API: `POST /sms` takes a text as JSON, and answers a line with its id; `GET /ping` costs nothing. */
export class AcmeProvider implements SmsProvider, Pingable, Closable {
  readonly name = 'acme';
  readonly errorCode = 'DELIVERY_UNAVAILABLE';
  readonly patience: Patience;
  // With #, so that nobody who prints a provider prints its key.
  readonly #options: AcmeOptions;
  readonly #http: HttpClient;

  constructor(options: AcmeOptions, http = new HttpClient()) {
    this.#options = options;
    this.#http = http;
    this.patience = options.patience ?? DEFAULT_PATIENCE;
  }

  async send({ to, body, attemptId }: SmsMessage, signal: AbortSignal): Promise<Receipt> {
    const { sender, baseUrl } = this.#options;
    const text = JSON.stringify({ to: to.e164, text: body.toWellFormed(), from: sender, ref: attemptId });
    const answer = await this.#call({ method: 'POST', url: `${baseUrl}/sms`, body: text, signal });
    const id = /^0: Accepted for delivery id=([0-9a-f]{32})$/.exec(answer)?.[1];
    // A 2xx that we cannot read: the text may have gone out.
    if (!id) throw new ProviderError('unconfirmed', 'Acme named no message.');
    return { providerMessageId: id };
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#call({ method: 'GET', url: `${this.#options.baseUrl}/ping`, signal });
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  /** @returns the body of a 2xx */
  async #call(request: Omit<HttpRequest, 'headers'>): Promise<string> {
    const headers = { 'content-type': 'application/json', 'x-api-key': this.#options.apiKey };
    const { status, body }: HttpResponse = await this.#http
      .request({ ...request, headers })
      .catch((error: TransportError) => {
        throw new ProviderError(faultOfTransport(error), `Acme gave no answer: ${error.reason}.`, { cause: error });
      });
    if (status >= 200 && status < 300) return body;
    throw new ProviderError(faultOfStatus(status) ?? 'refused', `Acme answered ${status}.`);
  }
}
