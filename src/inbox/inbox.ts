import { Injectable } from '@nestjs/common';

import type { InboxMessage } from './inbox-message.js';

/** Of one process; the oldest go first. */
export const MOST_MESSAGES = 1_000;

/** What whoever watches is told: a message that is new, or that something became of; or that all are gone. */
export type InboxEvent = { readonly type: 'message'; readonly message: InboxMessage } | { readonly type: 'cleared' };

export interface Conversation {
  readonly phone: string;
  readonly count: number;
  readonly newest: InboxMessage;
}

export interface Search {
  readonly phone?: string;
  /** In body, number or code, whatever the case. */
  readonly text?: string;
  /** The newest so many. */
  readonly limit: number;
}

/** All simulated messages of this process, as far as memory is meant to hold them. */
@Injectable()
export class Inbox {
  /** By id, oldest first: a Map keeps the order in which keys came. */
  private readonly messages = new Map<string, InboxMessage>();
  private readonly listeners = new Set<(event: InboxEvent) => void>();

  add(message: InboxMessage): void {
    this.messages.set(message.id, message);
    const [oldest] = this.messages.keys();
    if (this.messages.size > MOST_MESSAGES && oldest !== undefined) this.messages.delete(oldest);
    this.tell({ type: 'message', message });
  }

  get(id: string): InboxMessage | undefined {
    return this.messages.get(id);
  }

  /** What it is now; nothing happens to one that is gone. */
  change(id: string, change: (message: InboxMessage) => Partial<InboxMessage>): InboxMessage | undefined {
    const before = this.messages.get(id);
    if (!before) return undefined;
    const message = { ...before, ...change(before) };
    this.messages.set(id, message);
    this.tell({ type: 'message', message });
    return message;
  }

  clear(): void {
    this.messages.clear();
    this.tell({ type: 'cleared' });
  }

  /** Newest first. */
  list({ phone, text, limit }: Search): InboxMessage[] {
    const wanted = [...this.messages.values()]
      .reverse()
      .filter((message) => phone === undefined || message.phone === phone);
    return (text ? wanted.filter((message) => says(message, text)) : wanted).slice(0, limit);
  }

  /** One for each number, whoever was texted last first. */
  conversations(text?: string): Conversation[] {
    const found = new Map<string, Conversation>();
    for (const newest of this.list({ text, limit: MOST_MESSAGES })) {
      const known = found.get(newest.phone);
      found.set(newest.phone, known ? { ...known, count: known.count + 1 } : { phone: newest.phone, count: 1, newest });
    }
    return [...found.values()];
  }

  /** @returns what ends it */
  listen(listener: (event: InboxEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private tell(event: InboxEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

function says({ body, phone, code = '' }: InboxMessage, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  // A number is found however it is spelled.
  const digits = /^[\d\s+().-]+$/.test(wanted) ? wanted.replace(/\D/g, '') : '';
  return body.toLowerCase().includes(wanted) || (digits !== '' && (phone.includes(digits) || code.includes(digits)));
}
