import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Webhook } from 'standardwebhooks';

export interface Told {
  readonly id: string;
  readonly body: string;
  readonly path: string;
  /** Of webhook-timestamp, in milliseconds. */
  readonly signedAt: number;
  readonly signatures: number;
  /** Which of the known secrets verify it, by the `standardwebhooks` package. */
  readonly verifiedBy: readonly string[];
  readonly headers: IncomingMessage['headers'];
}

type Answer = (told: Told, response: ServerResponse) => void;

/** An operator's server: it keeps what it was told, and answers as it is told to. */
export class WebhookReceiver {
  readonly ledger: Told[] = [];
  /** Secrets to verify with. */
  readonly secrets: string[] = [];
  /** 204 unless told otherwise. */
  answer: Answer = (_, response) => void response.writeHead(204).end();
  connections = 0;
  private readonly server = createServer((request, response) => void this.take(request, response));

  static async start(port = 0): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    receiver.server.on('connection', () => receiver.connections++);
    receiver.server.listen(port, '127.0.0.1');
    await once(receiver.server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  status(status: number, headers: Readonly<Record<string, string>> = {}): void {
    this.answer = (_, response) => void response.writeHead(status, headers).end();
  }

  types(): string[] {
    return this.ledger.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { headers, url = '' } = request;
    const header = (name: string) => String(headers[name] ?? '');
    const signed = Object.fromEntries(
      ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, header(name)]),
    );
    const told = {
      id: header('webhook-id'),
      body,
      path: url,
      signedAt: Number(header('webhook-timestamp')) * 1_000,
      signatures: header('webhook-signature').split(' ').length,
      verifiedBy: this.secrets.filter((secret) => verifies(secret, body, signed)),
      headers,
    };
    this.ledger.push(told);
    this.answer(told, response);
  }
}

function verifies(secret: string, body: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}
