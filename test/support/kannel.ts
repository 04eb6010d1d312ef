import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const FAKESMSC = '/usr/lib/kannel/test/fakesmsc';
const BOXES = { bearerbox: '/usr/sbin/bearerbox', smsbox: '/usr/sbin/smsbox' } as const;
type Box = keyof typeof BOXES;

/** What of Debian's `kannel` and `kannel-extras` is not installed here. */
export const missingKannel: readonly string[] = [...Object.values(BOXES), FAKESMSC].filter((path) => !existsSync(path));

interface Ports {
  readonly admin: number;
  readonly boxes: number;
  readonly sendsms: number;
  /** Where the fake SMSC, a client, connects to. */
  readonly smsc: number;
  /** Where the carrier behind `smsc=carrier` reports to. */
  readonly carrier: number;
}

/** Ports that were free a moment ago. */
async function freePorts(): Promise<Ports> {
  const servers = Array.from({ length: 5 }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const [admin, boxes, sendsms, smsc, carrier] = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return { admin, boxes, sendsms, smsc, carrier } as Ports;
}

/** The link `carrier` is left out without the URL that its texts are to go to; `+49` has no route but that one. */
const configuration = (ports: Ports, carrierUrl?: string): string => `
group = core
admin-port = ${ports.admin}
admin-interface = 127.0.0.1
admin-password = admin
status-password = status
smsbox-port = ${ports.boxes}
smsbox-interface = 127.0.0.1
dlr-storage = internal
sms-outgoing-queue-limit = 10

group = smsc
smsc = fake
smsc-id = fake
our-host = 127.0.0.1
port = ${ports.smsc}
connect-allow-ip = 127.0.0.1
denied-smsc-id = carrier
denied-prefix = "+49"
${
  carrierUrl
    ? `
group = smsc
smsc = http
system-type = kannel
smsc-id = carrier
allowed-smsc-id = carrier
port = ${ports.carrier}
connect-allow-ip = 127.0.0.1
send-url = ${carrierUrl}
smsc-username = carrier
smsc-password = carrier
dlr-url = "http://127.0.0.1:${ports.carrier}/?username=carrier&password=carrier"
`
    : ''
}
group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${ports.sendsms}
sendsms-interface = 127.0.0.1
http-request-retry = 2
http-queue-delay = 1

group = sendsms-user
username = sixdigit
password = secret
concatenation = true
max-messages = 10

group = sendsms-user
username = onepart
password = secret
`;

/** A real Kannel in a temporary folder, on ports of its own. */
export class Kannel {
  private readonly folder = mkdtempSync(join(tmpdir(), 'sixdigit-kannel-'));
  private readonly running = new Map<Box, ChildProcess>();
  private said = '';
  private readonly atExit = (): void => this.running.forEach((_, box) => this.signal(box, 'SIGKILL'));

  private constructor(readonly ports: Ports) {}

  /** @param carrierUrl where texts with `smsc=carrier` go by HTTP @throws what it printed, when it is not up in 20 s */
  static async start(carrierUrl?: string): Promise<Kannel> {
    const kannel = new Kannel(await freePorts());
    process.once('exit', kannel.atExit);
    writeFileSync(join(kannel.folder, 'kannel.conf'), configuration(kannel.ports, carrierUrl));
    kannel.run('bearerbox');
    await kannel.until(/^Status: running/m);
    kannel.run('smsbox');
    await kannel.until(/smsbox:.*on-line/);
    await kannel.untilSmsboxListens();
    return kannel;
  }

  get sendsmsUrl(): string {
    return `http://127.0.0.1:${this.ports.sendsms}/cgi-bin/sendsms?username=sixdigit&password=secret`;
  }

  get statusUrl(): string {
    return `http://127.0.0.1:${this.ports.admin}/status.txt?password=status`;
  }

  /** Waits until Kannel's status page says so. */
  async until(pattern: RegExp): Promise<void> {
    let page = '';
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(50)) {
      page = await fetch(this.statusUrl).then(
        (answer) => answer.text(),
        () => '',
      );
      if (pattern.test(page)) return;
    }
    throw new Error(`Kannel never said ${pattern}:\n${page}\n${this.said}`);
  }

  /** To the box itself; smsbox may have replaced its process by another of the same group. */
  signal(box: Box, signal: NodeJS.Signals): void {
    const pid = this.running.get(box)?.pid;
    try {
      if (pid) process.kill(-pid, signal);
    } catch {
      // It has ended.
    }
  }

  /** Resolves when the box has ended; a bearerbox that ends in good order takes smsbox with it. */
  async ended(box: Box): Promise<void> {
    const child = this.running.get(box);
    if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  async stop(box: Box): Promise<void> {
    this.signal(box, 'SIGTERM');
    const kill = setTimeout(() => this.signal(box, 'SIGKILL'), 5_000);
    await this.ended(box);
    clearTimeout(kill);
    this.running.delete(box);
  }

  async close(): Promise<void> {
    await this.stop('smsbox');
    await this.stop('bearerbox');
    process.off('exit', this.atExit);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private run(box: Box): void {
    const child = spawn(BOXES[box], ['-v', '2', 'kannel.conf'], {
      cwd: this.folder,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (chunk) => (this.said += String(chunk)));
    this.running.set(box, child);
  }

  private async untilSmsboxListens(): Promise<void> {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(50)) {
      const up = await fetch(`http://127.0.0.1:${this.ports.sendsms}/`).catch(() => undefined);
      if (up) return;
    }
    throw new Error(`smsbox never listened:\n${this.said}`);
  }
}
