import type { Text, Witness } from './cast.js';
import { codeIn } from './clients.js';
import { timeOf, type Change, type Row } from './shadow.js';
import { PRICES, short, type World } from './world.js';

/** How far along a status is, by the design; the program has its own idea of it. */
const RANK: Readonly<Record<string, number>> = {
  ...{ queued: 0, sending: 0, unknown: 1, accepted: 2, sent: 3, failed: 4, canceled: 4, undelivered: 5, delivered: 6 },
};
export const rankOf = (status: unknown) => RANK[String(status)] ?? -1;

const MOST_GUESSES = 5;
const PER_HOUR = 5;
const WRONG_PER_HOUR = 10;
const WRONG_PER_DAY = 25;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const RECOVERY_MS = 30_000;

/** Holds the program to the invariants of its design at every step. The carriers' ledgers decide, and the order of events. */
export class Judge implements Witness {
  private readonly texts: Text[] = [];
  private readonly guesses = new Map<string, number>();
  private readonly wrongGuesses: {
    readonly verification: string;
    readonly phone: string | undefined;
    readonly at: number;
  }[] = [];
  private readonly approvals = new Map<string, number>();
  private readonly promises = new Set<string>();
  /** The verification that each Idempotency-Key was answered with. */
  private readonly keyed = new Map<string, string>();
  /** Attempts in the order in which they were begun; and what was known then. */
  private readonly begun = new Map<string, { readonly message: string; readonly hopeless: ReadonlySet<string> }>();

  constructor(private readonly world: World) {}

  promised(verification: string): void {
    this.promises.add(verification);
  }

  promisedTo(key: string, verification: string): void {
    this.promised(verification);
    const before = this.keyed.get(key) ?? verification;
    this.keyed.set(key, before);
    if (before !== verification)
      this.world.violated('9', `${key} is answered with ${short(before)} and ${short(verification)}`);
  }

  textsOf(verification: string): Text[] {
    return this.texts.filter((text) => this.messageOf(text)?.verification_id === verification);
  }

  /** @param verifications of which the statement did what it was to do */
  executed(statement: string, verifications: readonly string[]): void {
    const { executed } = this.world;
    executed.set(statement, (executed.get(statement) ?? 0) + 1);
    for (const id of verifications) {
      if (statement === 'approve') this.takeBackGuess(id);
      else this.guessed(id);
    }
  }

  private guessed(id: string): void {
    this.countWrongGuess(id);
    const count = (this.guesses.get(id) ?? 0) + 1;
    this.guesses.set(id, count);
    if (count > MOST_GUESSES) this.world.violated('1', `guess ${count} at ${short(id)} is evaluated`);
  }

  /** Until an approval shows that it was right. */
  private countWrongGuess(verification: string): void {
    const { world } = this;
    const phone = world.phoneOf(world.shadow.verifications.get(verification)?.phone_key);
    const { now } = world.scheduler;
    this.wrongGuesses.push({ verification, phone, at: now });
    const within = (ms: number) =>
      this.wrongGuesses.filter((guess) => guess.phone === phone && guess.at > now - ms).length;
    // Right ones count, too, until they are approved a moment later: those under way are at most one a verification.
    if (within(HOUR_MS) > WRONG_PER_HOUR)
      world.violated('2', `${within(HOUR_MS)} wrong guesses at ${phone} in an hour`);
    if (within(DAY_MS) > WRONG_PER_DAY) world.violated('2', `${within(DAY_MS)} wrong guesses at ${phone} in a day`);
  }

  private takeBackGuess(verification: string): void {
    const index = this.wrongGuesses.findLastIndex((guess) => guess.verification === verification);
    if (index >= 0) this.wrongGuesses.splice(index, 1);
  }

  judged(id: string, guess: string, valid: boolean): void {
    const isRight = this.textsOf(id).some(({ body }) => codeIn(body) === guess);
    if (valid !== isRight)
      this.world.violated('1', `a ${isRight ? 'right' : 'wrong'} guess at ${short(id)} is ${valid}`);
    if (!valid) return;
    const count = (this.approvals.get(id) ?? 0) + 1;
    this.approvals.set(id, count);
    if (count > 1) this.world.violated('1', `${short(id)} is approved ${count} times`);
  }

  changed({ table, before, after }: Change): void {
    const { world } = this;
    const what = [`${table} ${short(after.id)}`];
    if (table === 'spend_days') {
      what.push(`${after.day}: ${before?.held_micros ?? 0} -> ${after.held_micros} of ${world.capMicros}`);
      this.isWithinTheCap(Number(after.held_micros), 'held');
    } else if (table === 'messages') {
      what.push(`${before?.status ?? 'new'} -> ${after.status}, turn ${after.turn}, lease ${after.lease_until}`);
      if (before && rankOf(after.status) < rankOf(before.status))
        world.violated('8', `message ${short(after.id)} goes back from ${before.status} to ${after.status}`);
    } else if (table === 'attempts') {
      what.push(`of ${short(after.message_id)} at ${after.provider}: ${after.outcome} ${after.report ?? ''}`);
      if (before) this.progressed(before, after);
      else this.begins(after);
    } else if (table === 'verifications') {
      what.push(`${before?.status ?? 'new'} -> ${after.status}, ${after.checks} checks, ${after.sends} sends`);
      if (before && before.status !== 'pending' && before.status !== after.status)
        world.violated('1', `${short(after.id)} was ${before.status} and is now ${after.status}`);
    }
    world.note('  row', what.join(' '));
  }

  private isWithinTheCap(micros: number, what: string): void {
    if (micros > this.world.capMicros || micros < 0)
      this.world.violated('4', `${micros} is ${what} of a day's ${this.world.capMicros}`);
  }

  /** What the carriers' books say, by the day on which it was reserved, is covered by what is held, and so by the cap. */
  private isCovered(day: string): void {
    const { shadow } = this.world;
    let billed = 0;
    for (const { attemptId, carrier } of this.texts) {
      const attempt = shadow.attempts.get(attemptId);
      if (attempt?.spend_day !== day) continue;
      billed += Number(attempt.reported_micros ?? PRICES[carrier as keyof typeof PRICES]);
    }
    this.isWithinTheCap(billed, 'billed');
    const held = shadow.held.get(day) ?? 0;
    if (billed > held) this.world.violated('4', `${billed} is billed on ${day}, and ${held} held`);
  }

  /** All that is held is booked for a text, or reserved for one that may be. */
  private isAccountedFor(): void {
    const { shadow } = this.world;
    const sums = new Map<string, number>();
    const add = (day: unknown, micros: unknown) => sums.set(String(day), (sums.get(String(day)) ?? 0) + Number(micros));
    for (const { spend_day, cost_micros } of shadow.attempts.values()) add(spend_day, cost_micros ?? 0);
    for (const { spend_day, reserved_micros, is_held } of shadow.messages.values()) {
      if (is_held === true) add(spend_day, reserved_micros);
    }
    for (const [day, held] of shadow.held) {
      if (held !== (sums.get(day) ?? 0))
        this.world.violated('4', `${held} is held on ${day}, for ${sums.get(day) ?? 0}`);
      this.isCovered(day);
    }
  }

  private progressed(before: Row, after: Row): void {
    const { world } = this;
    const id = short(after.id);
    if (rankOf(after.report) < rankOf(before.report))
      world.violated('8', `the report of ${id} goes back to ${after.report}`);
    if (before.outcome === 'accepted' && after.outcome !== 'accepted')
      world.violated('8', `${id} is no longer accepted`);
    if (before.reported_micros !== null && before.reported_micros !== after.reported_micros)
      world.violated('8', `the cost of ${id} is booked twice`);
  }

  private begins(attempt: Row): void {
    const { world } = this;
    const { shadow } = world;
    const [id, messageId] = [String(attempt.id), String(attempt.message_id)];
    const message = shadow.messages.get(messageId);
    const verification = shadow.verifications.get(String(message?.verification_id));
    const others = shadow.attemptsOf(messageId);
    const isHopeless = ({ report }: Row) => report === 'failed' || report === 'undelivered';
    this.begun.set(id, {
      message: messageId,
      hopeless: new Set(others.filter(isHopeless).map((row) => String(row.id))),
    });
    if (verification?.status !== 'pending') world.violated('5', `${short(id)} begins, though ${verification?.status}`);
    if (others.some(({ report }) => report === 'delivered'))
      world.violated('5', `${short(id)} begins after the text arrived`);
    if (
      message?.followed_up === true &&
      others.length === 1 &&
      others.every((only) => isHopeless(only) && only.report_curable !== true)
    )
      world.violated('follow-up', `${short(id)} begins, though nobody can deliver that text`);
    if (shadow.optOuts.has(String(message?.phone_key))) world.violated('opt-out', `${short(id)} begins after a STOP`);
  }

  handedOver(text: Text): void {
    const { world } = this;
    this.texts.push(text);
    const message = this.messageOf(text);
    const verification = String(message?.verification_id);
    if (!message) return world.violated('5', `nobody wrote down attempt ${short(text.attemptId)}`);
    if (world.phoneOf(message.phone_key) !== text.to)
      world.violated('5', `${short(text.attemptId)} goes to a wrong phone`);
    const codes = new Set(this.textsOf(verification).map(({ body }) => codeIn(body)));
    if (codes.size > 1) world.violated('5', `${short(verification)} has ${codes.size} codes`);
    this.countKeyed(verification);
    this.isCovered(String(world.shadow.attempts.get(text.attemptId)?.spend_day));
    this.countTexts(String(message.id));
    this.countMessages(text.to);
  }

  /** A text may be followed by one that replaces it, and by more only when its network has said that it will not arrive. */
  private countTexts(message: string): void {
    const { isCalm } = this.world.plan;
    const out = new Set(
      this.texts.filter((text) => this.messageOf(text)?.id === message).map(({ attemptId }) => attemptId),
    );
    if (isCalm && out.size > 1)
      this.world.violated('5', `${out.size} texts of message ${short(message)}, for no fault`);
    const inOrder = [...this.begun].filter(([id]) => out.has(id));
    for (const [index, [, { hopeless }]] of inOrder.entries()) {
      const hopeful = inOrder.slice(0, index).filter(([id]) => !hopeless.has(id)).length;
      if (hopeful > 1) this.world.violated('5', `${hopeful + 1} texts of message ${short(message)} may arrive`);
    }
  }

  /** With a key, which its verification has for a purpose, one message goes out. */
  private countKeyed(verification: string): void {
    const { purpose } = this.world.shadow.verifications.get(verification) ?? {};
    if (!isKey(purpose)) return;
    const messages = new Set(
      this.texts.flatMap((text) => {
        const message = this.messageOf(text);
        const of = this.world.shadow.verifications.get(String(message?.verification_id));
        return of?.purpose === purpose ? [String(message?.id)] : [];
      }),
    );
    if (messages.size > 1) this.world.violated('9', `${messages.size} messages for ${purpose}`);
  }

  /** A message counts once, from its first text on. */
  private countMessages(phone: string): void {
    const first = new Map<unknown, number>();
    for (const text of this.texts.filter(({ to }) => to === phone)) {
      const id = this.messageOf(text)?.id;
      if (!first.has(id)) first.set(id, text.at);
    }
    const { now } = this.world.scheduler;
    const within = (ms: number) => [...first.values()].filter((at) => at > now - ms).length;
    if (within(HOUR_MS) > PER_HOUR) this.world.violated('3', `${within(HOUR_MS)} messages to ${phone} in an hour`);
    if (within(DAY_MS) > this.world.plan.perDay)
      this.world.violated('3', `${within(DAY_MS)} messages to ${phone} in a day`);
  }

  /** What the program owed when it recovered is done half a minute later. */
  recovered(at: number): void {
    const { shadow, scheduler } = this.world;
    const owed = [...shadow.messages.values()].filter(
      (message) => isOpen(message) && timeOf(message.created_at)! <= at,
    );
    scheduler.after(at + RECOVERY_MS - scheduler.now, () => {
      for (const { id } of owed) {
        const message = shadow.messages.get(String(id))!;
        if (isOpen(message) && !this.isSent(message) && this.isWanted(message))
          this.world.violated('5', `message ${short(id)} is ${message.status} ${RECOVERY_MS / 1_000} s after recovery`);
      }
    });
  }

  /** Nothing is left to happen. */
  atTheEnd(): void {
    const { world } = this;
    for (const message of world.shadow.messages.values()) {
      const [id, status] = [short(message.id), message.status];
      if (message.lease_until !== null || isOpen(message)) world.violated('5', `message ${id} stays ${status}`);
      if (rankOf(status) >= 2 && status !== 'failed' && status !== 'canceled' && !this.isSent(message))
        world.violated('5', `message ${id} is ${status}, and no carrier has it`);
      this.isUnsentForAReason(message);
      this.isAsReported(message);
    }
    for (const id of this.promises) {
      if (!world.shadow.verifications.has(id)) world.violated('5', `${short(id)} was promised and is gone`);
    }
    for (const text of this.texts) this.isBookedRight(text);
    this.keysAreKept();
    this.isAccountedFor();
  }

  /** One key, one verification: the one that was answered; others at most failed without a text, and the key was free again. */
  private keysAreKept(): void {
    const { world } = this;
    const all = [...world.shadow.verifications.values()];
    for (const key of new Set(all.map(({ purpose }) => purpose).filter(isKey))) {
      const real = all.filter(
        ({ id, purpose, status }) => purpose === key && (status !== 'failed' || this.textsOf(String(id)).length > 0),
      );
      if (real.length > 1) world.violated('9', `${key} made ${real.length} verifications`);
      const messages = [...world.shadow.messages.values()].filter(({ verification_id: of }) => of === real[0]?.id);
      if (real[0] && messages.length !== 1) world.violated('9', `${key} made ${messages.length} messages`);
    }
    for (const [key, id] of this.keyed) {
      const { purpose } = world.shadow.verifications.get(id) ?? {};
      if (purpose !== key) world.violated('9', `${key} is answered with ${short(id)}, which is of ${purpose}`);
    }
  }

  private isUnsentForAReason(message: Row): void {
    const { world } = this;
    const attempts = world.shadow.attemptsOf(String(message.id));
    const id = short(message.id);
    const surelyNot = attempts.every(({ outcome }) => outcome === 'not_sent' || outcome === 'permanent');
    if (message.status === 'failed' && surelyNot && this.isSent(message))
      world.violated('3', `message ${id} gave its hit back, and was sent`);
    if (message.status === 'canceled' && this.isWanted(message))
      world.violated('5', `message ${id} was canceled by nobody`);
    const isGivenUp = message.status === 'failed' && surelyNot && this.isWanted(message);
    const mayPass =
      attempts.length === 0 || attempts.at(-1)?.fault === 'throttled' || attempts.at(-1)?.fault === 'unreachable';
    if (isGivenUp && mayPass) world.violated('5', `message ${id} was given up`);
  }

  /** Whether anybody waits for it: its verification is open, its time not over, and its person wants texts. */
  private isWanted(message: Row): boolean {
    const { shadow } = this.world;
    const isPending = shadow.verifications.get(String(message.verification_id))?.status === 'pending';
    const isInTime = timeOf(message.expires_at)! > timeOf(message.updated_at)!;
    return isPending && isInTime && !shadow.optOuts.has(String(message.phone_key));
  }

  /** The furthest of all that was told about its texts, whatever the order. */
  private isAsReported(message: Row): void {
    const texts = this.texts.filter((text) => this.messageOf(text)?.id === message.id);
    const isTold = (status: string) => texts.some(({ told }) => furthest(told) === rankOf(status));
    const isEmitted = (status: string) =>
      texts.some(({ emitted }) => emitted.some((report) => report.status === status));
    if (isTold('delivered') && message.status !== 'delivered')
      this.world.violated('8', `message ${short(message.id)} arrived, and is ${message.status}`);
    if (message.status === 'delivered' && !isEmitted('delivered'))
      this.world.violated('8', `message ${short(message.id)} never arrived, and is delivered`);
    if (isTold('sent') && rankOf(message.status) < rankOf('sent'))
      this.world.violated('8', `message ${short(message.id)} is with its network, and is ${message.status}`);
  }

  private isBookedRight({ attemptId, id, told, emitted }: Text): void {
    const { world } = this;
    const attempt = world.shadow.attempts.get(attemptId);
    const rank = rankOf(attempt?.report);
    if (rank < furthest(told) || rank > furthest(emitted))
      world.violated(
        '8',
        `attempt ${short(attemptId)} is ${attempt?.report}, its network said ${emitted.map((r) => r.status).join()}`,
      );
    const cost = told.find(({ costMicros }) => costMicros !== undefined)?.costMicros;
    if (cost !== undefined && attempt?.cost_micros !== cost)
      world.violated('8', `attempt ${short(attemptId)} cost ${cost}, booked is ${attempt?.cost_micros}`);
    if (typeof attempt?.provider_message_id === 'string' && attempt.provider_message_id !== id)
      world.violated('8', `attempt ${short(attemptId)} goes by the name of another text`);
  }

  private isSent(message: Row): boolean {
    return this.texts.some((text) => this.messageOf(text)?.id === message.id);
  }

  private messageOf({ attemptId }: Text): Row | undefined {
    const { shadow } = this.world;
    return shadow.messages.get(String(shadow.attempts.get(attemptId)?.message_id));
  }
}

const furthest = (reports: Text['told']) => Math.max(-1, ...reports.map(({ status }) => rankOf(status)));
const isKey = (purpose: Row[string] | undefined) => String(purpose).startsWith('key-');
const isOpen = ({ status }: Row) => status === 'queued' || status === 'sending';
