import type { Channel } from '../sms/index.js';
import type { OutcomeName } from './carrier/outcomes.js';

/** Where a text is: not taken by its provider, on its way, on the phone, or lost. */
export const STATES = ['refused', 'on_its_way', 'arrived', 'lost'] as const;
export type InboxState = (typeof STATES)[number];

export interface InboxReport {
  readonly status: string;
  readonly code?: string;
  readonly at: Date;
}

/** One try to text one phone, as the simulated network saw it. */
export interface InboxMessage {
  /** Of the attempt, by which the engine knows it. */
  readonly id: string;
  /** E.164, in full: the inbox is the phone. */
  readonly phone: string;
  readonly provider: string;
  /** What the provider called it; undefined: it did not take it. */
  readonly providerMessageId?: string;
  readonly channel: Channel;
  readonly body: string;
  readonly code?: string;
  /** BCP 47 of the text. */
  readonly locale?: string;
  readonly outcome: OutcomeName;
  /** Why, where somebody asked for it. */
  readonly because?: 'plan' | 'scenario';
  readonly state: InboxState;
  readonly receivedAt: Date;
  readonly arrivedAt?: Date;
  readonly reports: readonly InboxReport[];
}
