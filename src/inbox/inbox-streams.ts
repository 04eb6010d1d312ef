import { Readable } from 'node:stream';

import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';

import { Rounds } from '../kernel/index.js';
import { TooManyStreams } from './inbox.errors.js';
import { Inbox, type InboxEvent } from './inbox.js';
import { shown } from './inbox.dto.js';

/** Pages that watch at once. */
const MOST = 20;
/** More often than any proxy, or this server, closes a connection on which nothing moves. */
const HEARTBEAT_MS = 15_000;
/** How often it is asked whether whoever watches still may. */
const CHECK_MS = 5_000;
/** Whoever reads more slowly than that is cut off, and asks anew. */
const MOST_UNREAD_BYTES = 262_144;

/** Server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html: what happens in the inbox, as it happens. */
@Injectable()
export class InboxStreams implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly streams = new Map<Readable, () => Promise<boolean>>();
  private readonly heartbeats = new Rounds(
    () => Promise.resolve(this.send(': still here\n\n')),
    HEARTBEAT_MS,
    () => undefined,
  );
  private readonly checks = new Rounds(
    () => this.check(),
    CHECK_MS,
    () => undefined,
  );
  private isClosed = false;

  constructor(private readonly inbox: Inbox) {}

  onApplicationBootstrap(): void {
    this.inbox.listen((event) => this.send(written(event)));
    this.heartbeats.start();
    this.checks.start();
  }

  /** A page would keep the server open for ever. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isClosed = true;
    for (const stream of this.streams.keys()) stream.push(null);
    await Promise.all([this.heartbeats.stop(), this.checks.stop()]);
  }

  /**
   * From now on; whoever needs what was before asks for it once this has begun.
   * @param isStillIn asked every few seconds: once it says no, the stream ends. Who cannot be asked about is asked about again
   * @throws {TooManyStreams}
   */
  open(isStillIn: () => Promise<boolean>): Readable {
    if (this.isClosed || this.streams.size >= MOST) throw new TooManyStreams(MOST);
    const stream = new Readable({ read: () => undefined });
    this.streams.set(stream, isStillIn);
    stream.once('close', () => this.streams.delete(stream));
    stream.push('retry: 1000\n\n');
    return stream;
  }

  private async check(): Promise<void> {
    for (const [stream, isStillIn] of this.streams) {
      if (!(await isStillIn().catch(() => true)) && this.streams.delete(stream)) stream.push(null);
    }
  }

  private send(text: string): void {
    for (const stream of this.streams.keys()) {
      if (stream.readableLength > MOST_UNREAD_BYTES) stream.destroy();
      else stream.push(text);
    }
  }
}

function written(event: InboxEvent): string {
  const data = event.type === 'message' ? shown(event.message) : {};
  return `event: ${event.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
