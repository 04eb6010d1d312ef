import { Agent, request } from 'node:https';

export interface TlsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Milliseconds until the first byte of the body. */
  readonly firstByteMs: number;
}

interface TlsCall {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Which of this machine's addresses it comes from. */
  readonly from?: string;
  /** Ends it with the first bytes of the body. */
  readonly firstBytes?: boolean;
}

const keepAlive = new Agent({ keepAlive: true, rejectUnauthorized: false, servername: 'verify.example.com' });

/** As somebody out there calls https://verify.example.com, which is at `port` here. */
export function callByTls(port: number, path: string, call: TlsCall = {}): Promise<TlsAnswer> {
  const { method = 'GET', headers = {}, body, from, firstBytes } = call;
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        headers: { host: 'verify.example.com', ...headers },
        servername: 'verify.example.com',
        rejectUnauthorized: false,
        ...(from ? { localAddress: from, agent: false } : { agent: keepAlive }),
      },
      (response) => {
        let text = '';
        let firstByteMs = 0;
        const done = () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, firstByteMs });
        response.on('data', (chunk) => {
          firstByteMs ||= performance.now() - begun;
          text += String(chunk);
          if (!firstBytes) return;
          done();
          outgoing.destroy();
        });
        response.on('end', done);
      },
    );
    outgoing.setTimeout(20_000, () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
