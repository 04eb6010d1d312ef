import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What Kannel's `smsc = http` (`system-type = kannel`) sends on; unlike the fake SMSC, it decides what becomes of it. */
export class FakeCarrier {
  readonly ledger: URLSearchParams[] = [];
  /** What it says to the next texts. */
  answer = { status: 202, body: '0: Accepted for delivery' };

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      this.ledger.push(new URL(request.url ?? '/', 'http://carrier').searchParams);
      response.writeHead(this.answer.status, { 'content-type': 'text/plain' }).end(this.answer.body);
    });
  }

  static async start(): Promise<FakeCarrier> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeCarrier(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/send`;
  }

  /** Says what became of the newest text, as Kannel's own numbers say it. */
  async report(status: number, words: string): Promise<void> {
    const [, at, id] = /^(\S+?)&dlr-url=.*&dlr-mid=([\w-]+)$/.exec(this.ledger.at(-1)?.get('dlr-url') ?? '') ?? [];
    if (!at || !id) throw new Error('The newest text asked for no report.');
    const query = new URLSearchParams({ 'dlr-mid': id, 'dlr-mask': String(status), text: words });
    const answer = await fetch(`${at}&${query.toString()}`);
    if ((await answer.text()) !== 'Sent.') throw new Error('Kannel did not take the report.');
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
