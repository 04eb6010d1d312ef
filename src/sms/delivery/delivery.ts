import { randomUUID } from 'node:crypto';

import { Logger } from '@nestjs/common';

import type { Clock } from '../../kernel/index.js';
import { isPassing, OUTCOME, ProviderError, type ProviderFault } from '../provider/provider-error.js';
import type { SmsMessage } from '../provider/sms-provider.js';
import type { Rotation, Turn } from '../routing/rotation.js';
import type { Route } from '../routing/router.js';
import { backoff } from './backoff.js';
import type { Attempt, Dispatch } from './dispatch.js';
import { SmsObserver, type TextKind } from './sms-observer.js';

/** What one message needs to be told about while it is on its way. */
export interface AttemptJournal {
  /** Called before another try begins; when it throws, that try does not take place. */
  failedOver(ended: Attempt, begun: Begun): Promise<void>;
}

/** A try that is to begin. */
export interface Begun {
  readonly id: string;
  readonly provider: string;
  /** Our number or name that it goes out under; null: the provider chooses. */
  readonly sender: string | null;
  /** Why this provider, in one word; null: it is the next by preference. */
  readonly route: string | null;
}

export type Text = Omit<SmsMessage, 'attemptId' | 'channel' | 'sender'>;

/** Whom to ask, in which order, and what our name is there. */
export interface Itinerary extends Route {
  readonly channel: NonNullable<SmsMessage['channel']>;
  senderAt(provider: string): string | null;
}

export interface DeliveryOptions {
  readonly rotation: Rotation;
  /** One try while another provider is left. */
  readonly attemptTimeoutMs: number;
  /** All tries together. */
  readonly sendBudgetMs: number;
  /** An accepted send that took longer counts against its provider. */
  readonly slowAfterMs: number;
  readonly clock: Pick<Clock, 'monotonic' | 'wait' | 'deadline'>;
  readonly random: () => number;
  /** A provider takes no text from that sender of ours. */
  readonly onUnusable?: (provider: string, sender: string, to: SmsMessage['to']) => void;
  readonly observer?: SmsObserver;
}

const NOBODY = new SmsObserver();

/** A try is not worth beginning with less time than this. */
const LEAST_TRY_MS = 100;

/** A try that came to nothing before its provider was asked. */
const unasked = (id: string, provider: string) =>
  ({ id, provider, durationMs: 0, outcome: OUTCOME.unreachable, fault: 'unreachable', isVoid: true }) as const;

interface Try {
  readonly id: string;
  readonly turn: Turn;
  readonly sender: string | null;
}

/** The way of one message through the rotation: design, section 3. */
export class Delivery {
  private readonly logger = new Logger('Sms');
  private readonly attempts: Attempt[] = [];
  private readonly tried: Set<string>;
  private readonly deadline: number;
  /** A try ended without an answer, so the text may be out. */
  private mayBeOut: boolean;
  private retries = 0;
  private readonly observer: SmsObserver;
  private readonly kind: TextKind;

  constructor(
    private readonly options: DeliveryOptions,
    private readonly text: Text,
    private readonly journal: AttemptJournal,
    private readonly way: Itinerary,
    /** Providers that had this text before, and whether one of them may have sent it. */
    before: { readonly tried: readonly string[]; readonly mayBeOut: boolean } = { tried: [], mayBeOut: false },
    /** Monotonic: when the budget began to run. Whoever slept since then, past the lease, sends nothing. */
    begunAt = options.clock.monotonic(),
  ) {
    this.tried = new Set(before.tried);
    this.mayBeOut = before.mayBeOut;
    this.deadline = begunAt + options.sendBudgetMs;
    this.observer = options.observer ?? NOBODY;
    this.kind = { channel: way.channel, country: text.to.country };
  }

  async run(first: Try): Promise<Dispatch> {
    for (let now: Try | undefined = first; now; ) {
      const attempt = await this.try(now);
      this.attempts.push(attempt);
      this.observer.attempted(attempt, this.kind);
      const next: Try | undefined = await this.after(attempt, now);
      if (next) await this.begin(attempt, next);
      now = next;
    }
    const status = this.status();
    this.observer.dispatched(status, this.kind);
    return { status, attempts: this.attempts };
  }

  private async try({ id, turn, sender }: Try): Promise<Attempt> {
    const { rotation, attemptTimeoutMs, slowAfterMs, clock } = this.options;
    const { provider } = turn;
    this.tried.add(provider.name);
    const started = clock.monotonic();
    const left = this.deadline - started;
    const longest =
      rotation.hasOther(this.tried, this.way.providers) && !this.mayBeOut
        ? attemptTimeoutMs
        : provider.patience.timeoutMs;
    const share = Math.ceil(Math.min(longest, left));
    if (left < LEAST_TRY_MS) {
      turn.drop();
      return { ...unasked(id, provider.name), reason: 'No time was left.' };
    }
    if (turn.isVoid) {
      turn.drop();
      return { ...unasked(id, provider.name), reason: 'It was taken out by hand.' };
    }
    const { signal, release } = clock.deadline(share);
    try {
      const { providerMessageId } = await provider.send(this.messageFor(id, sender, left), signal);
      const durationMs = clock.monotonic() - started;
      turn.end({ slow: durationMs > slowAfterMs });
      return { id, provider: provider.name, durationMs, outcome: 'accepted', providerMessageId };
    } catch (error) {
      const { fault, message, isSenders } = this.read(error, provider.name);
      if (isSenders && sender !== null) this.options.onUnusable?.(provider.name, sender, this.text.to);
      const durationMs = clock.monotonic() - started;
      // Cut short by what others had used up of the budget: no fault of this one.
      if (signal.aborted && share < Math.min(attemptTimeoutMs, provider.patience.timeoutMs)) turn.drop();
      else turn.end({ fault, slow: false });
      return { id, provider: provider.name, durationMs, outcome: OUTCOME[fault], fault, reason: message };
    } finally {
      release();
    }
  }

  /** A later try leaves the network less time to deliver. */
  private messageFor(attemptId: string, sender: string | null, leftMs: number): SmsMessage {
    const { validForSecs, ...text } = this.text;
    const message = { ...text, channel: this.way.channel, ...(sender !== null && { sender }), attemptId };
    if (validForSecs === undefined) return message;
    const usedSecs = (this.options.sendBudgetMs - leftMs) / 1_000;
    return { ...message, validForSecs: Math.max(1, Math.floor(validForSecs - usedSecs)) };
  }

  /** Who is to be tried after this attempt; undefined when that was the last. */
  private async after(attempt: Attempt, { turn }: Try): Promise<Try | undefined> {
    if (attempt.outcome === 'accepted' || attempt.outcome === 'permanent') return undefined;
    const lastChance = this.mayBeOut;
    if (attempt.outcome === 'unknown') {
      // One more message at most: the person may get the same code twice, never three times.
      if (lastChance) return undefined;
      this.mayBeOut = true;
    }
    if (this.timeLeft() < LEAST_TRY_MS) return undefined;
    const { providers } = this.way;
    const other = this.options.rotation.take(this.tried, providers);
    if (other) return this.tryOf(other);
    // What may be out is tried again at the same provider only if no other is configured; what is not, if none is well.
    const { rotation } = this.options;
    const alone =
      attempt.outcome === 'unknown'
        ? providers.length === 1
        : !rotation.hasOther(new Set([attempt.provider]), providers);
    return alone && !lastChance ? this.again(attempt, turn) : undefined;
  }

  /** The same provider once more. */
  private async again(attempt: Attempt, { provider }: Turn): Promise<Try | undefined> {
    if (attempt.outcome === 'accepted') return undefined;
    if (attempt.outcome === 'not_sent') {
      const { maxRetries, retryDelayMs } = provider.patience;
      if (!isPassing(attempt.fault) || this.retries >= maxRetries) return undefined;
      const delay = backoff(this.retries++, this.options.random, retryDelayMs);
      if (this.timeLeft() - delay < LEAST_TRY_MS) return undefined;
      await this.options.clock.wait(delay);
    }
    const others = [...this.tried].filter((name) => name !== provider.name);
    const turn = this.options.rotation.take(new Set(others), this.way.providers);
    return turn && this.tryOf(turn);
  }

  private tryOf(turn: Turn): Try {
    return { id: randomUUID(), turn, sender: this.way.senderAt(turn.provider.name) };
  }

  private async begin(ended: Attempt, { id, turn, sender }: Try): Promise<void> {
    this.logger.debug(`attempt ${ended.id} at ${ended.provider} ended ${ended.outcome}; trying ${turn.provider.name}`);
    try {
      const provider = turn.provider.name;
      const begun = { id, provider, sender, route: 'failover' };
      await this.journal.failedOver(ended, begun);
      this.observer.triesAgain(ended, provider);
    } catch (error) {
      turn.drop();
      throw error;
    }
  }

  private read(error: unknown, provider: string): { fault: ProviderFault; message: string; isSenders?: boolean } {
    if (error instanceof ProviderError) return error;
    // A bug in the adapter; what it did before is anybody's guess.
    this.logger.error(
      `${provider} threw ${error instanceof Error ? error.name : typeof error}`,
      error instanceof Error ? error.stack : undefined,
    );
    return { fault: 'unconfirmed', message: 'The adapter failed.' };
  }

  private timeLeft(): number {
    return this.deadline - this.options.clock.monotonic();
  }

  private status(): Dispatch['status'] {
    const last = this.attempts.at(-1);
    if (last?.outcome === 'accepted') return 'accepted';
    if (this.mayBeOut) return 'unknown';
    return last?.outcome === 'permanent' ? 'refused' : 'not_sent';
  }
}
