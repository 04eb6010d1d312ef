import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type Controlled, control } from './control.js';
import { type Behaviour, isAccepting } from './fake-behaviour.js';
import type { Draft, LedgerEntry } from './ledger.js';
import { type ErrorHint, type Exchange, playAcceptance, playRefusal } from './play.js';
import { type Answer, type Verdict, type WireRequest, readRequest, send, text } from './wire.js';

export interface FakeOptions {
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
}

export abstract class FakeProvider implements Controlled {
  readonly ledger: LedgerEntry[] = [];
  readonly faults: string[] = [];
  requests = 0;
  pings = 0;
  inFlight = 0;
  peakInFlight = 0;
  peakSockets = 0;
  bytesStreamed = 0;
  pingsFail = false;

  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private plan: { readonly behaviour: Behaviour; left: number }[] = [];
  private port = 0;

  protected constructor(private readonly options: FakeOptions) {
    const handle = (req: IncomingMessage, res: ServerResponse): void => void this.handle(req, res);
    this.server = options.tls ? createTlsServer({ ...options.tls }, handle) : createServer(handle);
    // An idle connection that the server closes while the client picks it up would look like a failed send.
    this.server.keepAliveTimeout = 60_000;
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      this.peakSockets = Math.max(this.peakSockets, this.sockets.size);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  /** What the request is, and whether it is well formed. No side effects. */
  protected abstract judge(request: WireRequest): Verdict;
  protected abstract newId(draft: Draft): string;
  protected abstract malformedId(): string;
  /** `id` differs from `entry.id` when the answer has to carry a malformed one. */
  protected abstract renderSuccess(entry: LedgerEntry, id: string): Answer;
  protected abstract renderError(hint: ErrorHint): Answer;

  get url(): string {
    return `${this.options.tls ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  behave(behaviour: Behaviour, times = Infinity): void {
    this.plan = times > 0 ? [{ behaviour, left: times }] : [];
  }

  script(...behaviours: readonly Behaviour[]): void {
    this.plan = behaviours.map((behaviour) => ({ behaviour, left: 1 }));
  }

  down(): void {
    this.behave({ kind: 'status', status: 503 });
    this.pingsFail = true;
  }

  heal(): void {
    this.plan = [];
    this.pingsFail = false;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    // The server closes a tick before its last sockets, and the exchanges on them, are over.
    const closed = [this.server, ...this.sockets].map((closing) => once(closing, 'close'));
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(closed);
  }

  protected async listen(): Promise<this> {
    this.server.listen(this.options.port ?? 0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  private async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    const { remotePort } = req.socket;
    // Under TLS only the raw socket below can be reset.
    const raw = [...this.sockets].find((socket) => socket.remotePort === remotePort);
    const reset = (): void => void raw?.resetAndDestroy();
    const onStreamed = (bytes: number): void => void (this.bytesStreamed += bytes);
    const renderError = (hint: ErrorHint): Answer => this.renderError(hint);
    try {
      const request = await readRequest(req);
      if (request.path.startsWith('/_')) return send(res, control(this, request));
      await this.serve(request, { res, gone: gone.signal, reset, onStreamed, renderError });
    } catch (error) {
      if (gone.signal.aborted) return;
      this.faults.push(`the fake itself broke: ${String(error)}`);
      if (res.headersSent) res.destroy();
      else send(res, text(500, String(error)));
    }
  }

  private async serve(request: WireRequest, exchange: Exchange): Promise<void> {
    const verdict = this.judge(request);
    const of = verdict.kind === 'refused' ? verdict.of : verdict.kind;
    if (of === 'message') this.countMessage(exchange.res);
    if (of === 'ping') this.pings += 1;
    if (of === 'ping' && this.pingsFail) return send(exchange.res, this.renderError({ status: 503 }));
    if (of === 'order' && this.pingsFail) return send(exchange.res, this.renderError({ status: 503 }));
    if (verdict.kind === 'order') verdict.carryOut();
    if (verdict.kind === 'refused' && verdict.fault !== undefined) this.faults.push(verdict.fault);
    if (verdict.kind !== 'message') return send(exchange.res, verdict.answer);

    const behaviour = this.next();
    if (!isAccepting(behaviour)) return playRefusal(behaviour, exchange);
    if (verdict.refusal) return send(exchange.res, verdict.refusal);
    const { entry, answer } = this.accept(verdict.draft, behaviour.kind === 'bad-id');
    await this.onAccepted(entry, () => playAcceptance(behaviour, answer, exchange));
  }

  /** A provider that reports tells more than its answer, before or after it. */
  protected onAccepted(_entry: LedgerEntry, answer: () => Promise<void>): Promise<void> {
    return answer();
  }

  private accept(draft: Draft, badId: boolean): { readonly entry: LedgerEntry; readonly answer: Answer } {
    const entry: LedgerEntry = { id: this.newId(draft), ...draft, at: Date.now() };
    const answer = this.renderSuccess(entry, badId ? this.malformedId() : entry.id);
    this.ledger.push(entry);
    return { entry, answer };
  }

  private countMessage(res: ServerResponse): void {
    this.requests += 1;
    this.inFlight += 1;
    this.peakInFlight = Math.max(this.peakInFlight, this.inFlight);
    res.once('close', () => (this.inFlight -= 1));
  }

  private next(): Behaviour {
    const step = this.plan[0];
    if (!step) return { kind: 'ok' };
    step.left -= 1;
    if (step.left <= 0) this.plan.shift();
    return step.behaviour;
  }
}
