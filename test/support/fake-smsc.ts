import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One text as the network got it, its parts put together. */
export interface CarriedText {
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly parts: number;
}

interface Line {
  readonly from: string;
  readonly to: string;
  readonly bytes: Buffer;
  /** Of a text in several parts: which text, how many parts, which one. */
  readonly part?: readonly [reference: number, of: number, number: number];
}

const LINE = /^(\S+) (\+?\d+) (text|ucs-2|data|udh) (.*)$/;

/** The other end of Kannel's `smsc = fake`: takes every text, and Kannel itself then reports it as delivered. */
export class FakeSmsc {
  /** Lines that this end does not understand, such as the second line of a 7-bit text. */
  readonly faults: string[] = [];
  private readonly lines: Line[] = [];
  private rest = '';

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => this.read(String(chunk)));
    socket.on('error', () => undefined);
  }

  static async connect(port: number): Promise<FakeSmsc> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new FakeSmsc(socket);
  }

  /** Whole texts only, in the order of their last parts. */
  get ledger(): CarriedText[] {
    return this.lines.flatMap((line) => {
      const { from, to, part } = line;
      if (!part) return [{ from, to, body: decode(line.bytes), parts: 1 }];
      const parts = this.lines.filter((other) => other.to === to && other.part?.[0] === part[0]);
      if (parts.length < part[1] || parts.at(-1) !== line) return [];
      const inOrder = [...parts].sort((a, b) => a.part![2] - b.part![2]);
      return [{ from, to, body: decode(Buffer.concat(inOrder.map(({ bytes }) => bytes))), parts: part[1] }];
    });
  }

  async close(): Promise<void> {
    if (this.socket.closed) return;
    const closed = once(this.socket, 'close');
    this.socket.destroy();
    await closed;
  }

  private read(chunk: string): void {
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop() ?? '';
    for (const text of lines) {
      const line = parse(text);
      if (line) this.lines.push(line);
      else this.faults.push(text);
    }
  }
}

function parse(line: string): Line | undefined {
  const [, from, to, kind, rest] = LINE.exec(line) ?? [];
  if (!from || !to || rest === undefined) return undefined;
  if (kind === 'text') return { from, to, bytes: Buffer.from(rest) };
  if (kind !== 'udh') return { from, to, bytes: unescape(rest) };
  const [udh = '', data = ''] = rest.split(' data ');
  const [, , , reference = 0, of = 0, number = 0] = unescape(udh);
  return { from, to, bytes: unescape(data), part: [reference, of, number] };
}

const unescape = (text: string): Buffer =>
  Buffer.from(
    text.replaceAll('+', ' ').replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );

/** The line does not say which alphabet its bytes are in; only UCS-2 has zeros in it. */
function decode(bytes: Buffer): string {
  return bytes.includes(0) ? Buffer.from(bytes).swap16().toString('utf16le') : bytes.toString('utf8');
}
