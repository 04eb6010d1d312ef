import { randomUUID } from 'node:crypto';

import { Inject, Injectable, Logger } from '@nestjs/common';

import { Clock, KeyRing, PhoneNumber } from '../../kernel/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import {
  VerificationNotFound,
  VerificationService,
  type StartRequest,
  type VerificationState,
} from '../../verification/index.js';
import { AddressLimits } from '../address-limits.js';
import { CodeIncorrect, PhoneTaken, SamePhone } from '../auth.errors.js';
import { AUTH_OPTIONS, type AuthOptions } from '../auth.options.js';
import type { SignedIn } from '../sessions/sessions.js';
import * as sql from './phone-change.sql.js';

const CURRENT = 'auth:phone-change:current';
const NEW = 'auth:phone-change:new';

export interface PhoneChangeStarted {
  readonly id: string;
  readonly current: VerificationState;
  readonly new: VerificationState;
}

/** Moves a user to another number once both numbers have proven themselves. */
@Injectable()
export class PhoneChangeService {
  private readonly logger = new Logger('PhoneChange');

  constructor(
    private readonly limits: AddressLimits,
    private readonly verifications: VerificationService,
    private readonly database: Database,
    private readonly keys: KeyRing,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
  ) {}

  /**
   * Sends two codes: to the present number first, so that its limit bounds what a stolen token can send elsewhere. Does not look
   * whether anybody has the new number. @throws {SamePhone} and as `LoginService.start`
   */
  async start(
    me: SignedIn,
    { phone: text, acceptLanguage, challenge }: Pick<StartRequest, 'phone' | 'acceptLanguage' | 'challenge'>,
    ip: string,
  ): Promise<PhoneChangeStarted> {
    const phone = PhoneNumber.parse(text, this.options.defaultRegion);
    if (phone.line === me.phone.line) throw new SamePhone();
    await this.limits.admitStart(ip, phone);
    const send = (to: PhoneNumber, asked: Pick<StartRequest, 'purpose' | 'challenge'>) =>
      this.verifications.start({ phone: to.e164, channel: 'sms', acceptLanguage, ...asked });
    const current = await send(me.phone, { purpose: CURRENT });
    const started = { id: randomUUID(), current, new: await send(phone, { purpose: NEW, challenge }) };
    const ids = { id: started.id, session: me.sessionId, current: current.id, new: started.new.id };
    const parameters = { ...ids, expires: current.expiresAt, at: this.clock.databaseTime() };
    await this.database.query(sql.OPEN, valuesFor(sql.OPEN, parameters));
    return started;
  }

  /**
   * Both codes are judged, each by its own verification, whatever becomes of the other. A half that was right stays proven for this
   * change, and an answer never says which half was wrong.
   * @throws {CodeIncorrect | PhoneTaken | VerificationNotFound} and as `VerificationService.judge`
   */
  async verify(me: SignedIn, id: string, currentCode: string, newCode: string, ip: string) {
    await this.limits.admitGuess(ip);
    const own = { id, session: me.sessionId };
    const [found] = await this.database.query<sql.PhoneChangeRow>(sql.FIND, valuesFor(sql.FIND, own));
    if (!found) throw new VerificationNotFound();
    const run = { id, isRepeat: true }; // approved once for this change, it is approved for each later try at it
    const current = await this.verifications.judge(found.current_id, currentCode, CURRENT, run);
    const other = await this.verifications.judge(found.new_id, newCode, NEW, run);
    if (!('approved' in current) || !('approved' in other)) {
      // One half was wrong every time so far, so the smaller number is the number of tries, whichever half it was.
      throw new CodeIncorrect(
        Math.min(...[current, other].flatMap((half) => ('approved' in half ? [] : half.checksLeft))),
      );
    }
    return this.change(me, own, current.approved.phone, other.approved.phone);
  }

  private async change(me: SignedIn, own: sql.FindParameters, from: PhoneNumber, to: PhoneNumber) {
    const key = this.keys.lookupKey('phone', to.line);
    const { version, data: sealed } = this.keys.seal(to.e164, key);
    const parameters = {
      ...{ ...own, key, former: this.keys.formerLookupKey('phone', to.line), sealed, version },
      current: this.keys.lookupKey('phone', from.line),
      current_former: this.keys.formerLookupKey('phone', from.line),
      at: this.clock.databaseTime(),
    };
    const [row] = await this.database.query<sql.ChangedRow>(sql.CHANGE, valuesFor(sql.CHANGE, parameters));
    if (row?.outcome === 'taken') throw new PhoneTaken();
    if (row?.outcome !== 'changed') throw new VerificationNotFound();
    this.logger.warn(`security: user ${me.userId} changed numbers; ${row.revoked} other sessions revoked`);
    return { phone: to, sessionsEnded: row.revoked ?? 0 };
  }
}
