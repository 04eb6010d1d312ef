import type { VerificationService, VerificationState } from '../../src/verification/index.js';
import { RateLimitExceeded } from '../../src/limits/index.js';
import type { KeyedAnswer } from './keyed.js';
import type { Reply } from './process.js';
import type { Running } from './cast.js';
import { short, type World } from './world.js';

/** The people, and the apps that ask for them. */
export class Clients {
  constructor(private readonly world: World) {}

  async visits(): Promise<void> {
    const { random, scheduler, plan } = this.world;
    const pressing = plan.pressed > 0 ? [this.press(), this.guessAtAll()] : [];
    const under: Promise<void>[] = [];
    for (let visit = 0; visit < plan.visits; visit++) {
      await scheduler.sleep(random.chance(0.5) ? random.between(0, 2_000) : random.scale(1_000, 7_200_000));
      // A crowd that comes in one moment is served together.
      for (let people = random.chance(0.2) ? random.between(2, 8) : 1; people > 0; people--)
        under.push(this.visit(random.pick(this.world.phones)));
    }
    await Promise.all([...pressing, ...under]);
  }

  /** One person: asks for a code, then does what people do. */
  async visit(phone: string): Promise<void> {
    const { random, scheduler } = this.world;
    const key = random.chance(0.4) ? `key-${random.uuid()}` : undefined;
    const id = key === undefined ? (await this.start(phone))?.id : await this.insist(key, phone);
    if (id === undefined) return;
    for (let left = random.between(1, 5); left > 0; left--) {
      await scheduler.sleep(random.scale(50, random.chance(0.2) ? 700_000 : 30_000));
      // What came of a key is one text, so nobody asks for another.
      const [resend, repeat] = key === undefined ? [5, 0] : [0, 5];
      const deed = random.weighted({ resend, repeat, wrong: 3, right: 3, many: 2, cancel: 1, leave: 1 });
      if (deed === 'resend') {
        await scheduler.sleep(random.between(0, 61_000));
        // Who waits for another text may type the first one's code meanwhile.
        const meanwhile = random.chance(0.4)
          ? this.check(id, this.codeOf(id) ?? this.wrong(id), random.scale(50, 8_000))
          : undefined;
        await Promise.all([this.resend(id), meanwhile]);
      } else if (deed === 'repeat') await this.startWithKey(key ?? '', phone);
      else if (deed === 'wrong') await this.check(id, this.wrong(id));
      else if (deed === 'right') await this.check(id, this.codeOf(id) ?? this.wrong(id));
      else if (deed === 'many') await this.checkManyAtOnce(id);
      else if (deed === 'cancel') await this.ask(`cancels ${short(id)}`, (service) => service.cancel(id));
      else return;
    }
  }

  /** Somebody who wants as many texts as can be had, and asks again at the very moment that one is allowed. */
  private async press(): Promise<void> {
    const { random, scheduler, plan } = this.world;
    const phone = this.world.phones[0]!;
    for (let left = plan.pressed; left > 0; left--) {
      const reply = await this.ask(`starts ${phone}`, (service) => service.start(asked(phone)));
      if (reply.kind === 'answer') this.world.judge.promised(reply.value.id);
      const isRefused = reply.kind === 'refusal' && reply.error instanceof RateLimitExceeded;
      const waitMs = isRefused ? (reply.error.retryAfterSecs ?? 0) * 1_000 : random.scale(10, 60_000);
      await scheduler.sleep(waitMs);
    }
  }

  /** Somebody who only knows a number, and guesses at as many codes for it as he can have sent. */
  private async guessAtAll(): Promise<void> {
    const { random, scheduler, plan } = this.world;
    const phone = this.world.phones[1] ?? this.world.phones[0]!;
    for (let left = Math.min(plan.pressed, 8); left > 0; left--) {
      const started = await this.start(phone);
      const guesses = started ? random.between(4, 7) : 0;
      await Promise.all(
        Array.from({ length: guesses }, () =>
          this.check(started!.id, this.wrong(started!.id), random.scale(1, 60_000)),
        ),
      );
      await scheduler.sleep(random.scale(1_000, 900_000));
    }
  }

  async start(phone: string): Promise<VerificationState | undefined> {
    for (let tries = 0; tries < 3; tries++) {
      const reply = await this.ask(`starts ${phone}`, (service) => service.start(asked(phone)));
      if (reply.kind === 'answer') {
        this.world.judge.promised(reply.value.id);
        return reply.value;
      }
      await this.world.scheduler.sleep(this.world.random.scale(200, 60_000));
    }
    return undefined;
  }

  /** An app that asks with the same key until it knows: after silence, after crashes, anywhere, and several times at once. */
  private async insist(key: string, phone: string): Promise<string | undefined> {
    const { random, scheduler } = this.world;
    for (let tries = 0; tries < 5; tries++) {
      const again = async () => {
        await scheduler.sleep(random.scale(1, 20_000));
        return this.startWithKey(key, phone);
      };
      const copies = Array.from({ length: random.chance(0.4) ? random.between(1, 2) : 0 }, again);
      const ids = await Promise.all([this.startWithKey(key, phone), ...copies]);
      const id = ids.find((each) => each !== undefined);
      if (id !== undefined) return id;
      await scheduler.sleep(random.scale(200, 60_000));
    }
    return undefined;
  }

  private async startWithKey(key: string, phone: string): Promise<string | undefined> {
    const { judge } = this.world;
    const request = { ...asked(phone), purpose: key };
    const reply = await this.at<KeyedAnswer>(`starts ${phone} with ${short(key.slice(4))}`, (instance) =>
      instance.startWithKey(key, request),
    );
    const id = reply.kind === 'answer' ? reply.value.id : undefined;
    if (id !== undefined) judge.promisedTo(key, id);
    return id;
  }

  private async resend(id: string): Promise<void> {
    await this.ask(`resends ${short(id)}`, (service) => service.resend(id));
  }

  async check(id: string, guess: string, afterMs = 0): Promise<boolean> {
    if (afterMs > 0) await this.world.scheduler.sleep(afterMs);
    const isRight = guess === this.codeOf(id);
    const what = `guesses ${isRight ? 'right' : 'wrong'} at ${short(id)}`;
    const reply = await this.ask(what, (service) => service.check(id, guess, 'simulation'));
    if (reply.kind === 'answer') this.world.judge.judged(id, guess, reply.value.valid);
    return reply.kind === 'answer' && reply.value.valid;
  }

  private async checkManyAtOnce(id: string): Promise<void> {
    const { random } = this.world;
    const guesses = Array.from({ length: random.between(2, 6) }, () =>
      random.chance(0.4) ? (this.codeOf(id) ?? this.wrong(id)) : this.wrong(id),
    );
    await Promise.all(guesses.map((guess) => this.check(id, guess)));
  }

  /** What the phone shows: in no text yet, undefined. */
  codeOf(id: string): string | undefined {
    return this.world.judge.textsOf(id).map(({ body }) => codeIn(body))[0];
  }

  private wrong(id: string): string {
    const other = (Number(this.codeOf(id) ?? 0) + this.world.random.between(1, 999_998)) % 1_000_000;
    return String(other).padStart(6, '0');
  }

  private ask<T>(what: string, work: (service: VerificationService) => Promise<T>): Promise<Reply<T>> {
    return this.at(what, (instance) => instance.verify(work));
  }

  private async at<T>(what: string, work: (instance: Running) => Promise<Reply<T>>): Promise<Reply<T>> {
    const { world } = this;
    if (world.living.length === 0) return { kind: 'silence' };
    const instance = world.random.pick(world.living);
    world.note('client', `${what} at ${instance.name}`);
    const reply = await work(instance);
    const answer = reply.kind === 'refusal' ? reply.error.code : reply.kind;
    world.note('client', `${what}: ${answer}`);
    return reply;
  }
}

const asked = (phone: string) => ({ phone, purpose: 'verification', channel: 'sms' }) as const;

export const codeIn = (body: string) => /\b\d{6}\b/.exec(body)?.[0];
