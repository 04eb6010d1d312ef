import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HeardReport {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
}

/** Hears the delivery reports that a gateway makes by HTTP. */
export class ReportListener {
  readonly heard: HeardReport[] = [];
  /** Statuses to answer with, the first first; 200 when there are none left. */
  answers: number[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', ({ method = '', url = '/', headers }, response) => {
      const { pathname, searchParams } = new URL(url, 'http://listener');
      this.heard.push({ method, path: pathname, query: Object.fromEntries(searchParams), headers });
      response.writeHead(this.answers.shift() ?? 200).end();
    });
  }

  static async start(): Promise<ReportListener> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ReportListener(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The `status` of each report on `ref` so far, in the order in which they came. */
  statuses(ref: string): (string | undefined)[] {
    return this.heard.filter(({ query }) => query.ref === ref).map(({ query }) => query.status);
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
