import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server that can be lost: as if it were stopped, or as if its network dropped every packet. */
export class DatabaseProxy {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private frozen = false;
  port = 0;

  private constructor(private readonly target: URL) {}

  static async to(target: URL): Promise<DatabaseProxy> {
    const proxy = new DatabaseProxy(target);
    await proxy.restore();
    return proxy;
  }

  /** Of the database, by way of here. */
  get url(): string {
    return Object.assign(new URL(this.target), { hostname: '127.0.0.1', port: String(this.port) }).href;
  }

  async restore(): Promise<void> {
    await this.cut();
    this.frozen = false;
    this.server = createServer((near) => this.forward(near)).listen(this.port, '127.0.0.1');
    await new Promise((done) => this.server?.once('listening', done));
    this.port = (this.server.address() as AddressInfo).port;
  }

  async cut(): Promise<void> {
    const closed = new Promise((done) => (this.server ? this.server.close(done) : done(undefined)));
    for (const socket of this.sockets) socket.destroy();
    await closed;
    this.server = undefined;
  }

  freeze(): Promise<void> {
    this.frozen = true;
    return Promise.resolve();
  }

  private forward(near: Socket): void {
    const far = connect(Number(this.target.port || 5432), this.target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (chunk) => this.frozen || to.write(chunk));
      from.on('error', () => undefined).on('close', () => (this.sockets.delete(from), to.destroy()));
    }
  }
}
