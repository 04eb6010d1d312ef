import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { IdempotencyConflict } from '../idempotency/index.js';
import { Clock, KeyRing, type PhoneNumber, type Run } from '../kernel/index.js';
import { SendLimits } from '../limits/index.js';
import { Database, isDuplicate, named, valuesFor } from '../prisma/index.js';
import type { Channel } from '../sms/index.js';
import { COOLDOWNS_SECS } from './cooldowns.js';
import { TooManyChecks, VerificationExpired, VerificationNotFound } from './verification.errors.js';
import { VERIFICATION_OPTIONS, type VerificationOptions } from './verification.options.js';
import type { VerificationState } from './verification.types.js';

const PAUSE_MS = COOLDOWNS_SECS[0] * 1_000;

interface StartTestParameters {
  readonly id: string;
  readonly purpose: string;
  readonly channel: string;
  readonly phone_key: Uint8Array;
  readonly phone_sealed: Uint8Array;
  readonly key_version: number;
  readonly code_length: number;
  readonly max_checks: number;
  readonly ttl_secs: number;
  readonly at: Date | null;
}

interface TestRow {
  readonly created_at: Date;
  readonly expires_at: Date;
}

/** A verification without a message, known by its want of a pause: guesses are counted as of any other, and nothing else is. */
const START_TEST = named<StartTestParameters>(
  'start_test_verification',
  `INSERT INTO verifications (id, purpose, channel, phone_key, phone_sealed, key_version, code_length, max_checks,
                              created_at, expires_at, next_send_at)
    SELECT :id::uuid, :purpose, :channel, :phone_key::bytea, :phone_sealed::bytea, :key_version::int, :code_length::int, :max_checks::int,
           at, at + make_interval(secs => :ttl_secs::int), at
      FROM (SELECT coalesce(:at::timestamptz, clock_timestamp()) AS at) AS now
    RETURNING created_at, expires_at`,
);

const AGAIN = {
  name: 'test_verification',
  text: `SELECT purpose, channel, created_at, expires_at, max_checks - checks AS checks_left,
      floor(extract(epoch FROM expires_at - coalesce($2::timestamptz, clock_timestamp())))::int AS secs_left
    FROM verifications WHERE id = $1 AND status = 'pending'`,
};

interface AgainRow extends TestRow {
  readonly purpose: string;
  readonly channel: string;
  readonly checks_left: number;
  readonly secs_left: number;
}

/** Verifications of numbers that have a fixed code. */
@Injectable()
export class TestVerifications {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly limits: SendLimits,
    @Inject(VERIFICATION_OPTIONS) private readonly options: VerificationOptions,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** One round trip, and no text. @param code shown in simulation only @throws {IdempotencyConflict | DatabaseUnavailable} */
  async start(
    phone: PhoneNumber,
    { purpose, channel, code }: { readonly purpose: string; readonly channel: Channel; readonly code: string },
    run?: Run,
  ): Promise<VerificationState> {
    const id = run?.id ?? randomUUID();
    if (run?.isRepeat) {
      const [before] = await this.database.query<AgainRow>(AGAIN, [id, this.clock.databaseTime()]);
      if (before) return this.stateOf(id, phone, code, before, before);
    }
    const { codeLength, maxChecks, ttlSecs } = this.options;
    const phoneKey = this.keys.lookupKey('phone', phone.line);
    const { version: key_version, data: phone_sealed } = this.keys.seal(phone.e164, phoneKey);
    const values = valuesFor(START_TEST, {
      ...{ id, purpose, channel, phone_key: phoneKey, phone_sealed, key_version },
      ...{ code_length: codeLength, max_checks: maxChecks, ttl_secs: ttlSecs, at: this.clock.databaseTime() },
    });
    const [row] = await this.database.query<TestRow>(START_TEST, values).catch((error: unknown) => {
      throw isDuplicate(error) ? new IdempotencyConflict() : error;
    });
    if (!row) throw new Error(`${START_TEST.name} returned no row`);
    return this.stateOf(id, phone, code, row, { purpose, channel, checks_left: maxChecks });
  }

  /** As it stands: there is nothing to send again. @throws {VerificationNotFound | VerificationExpired | TooManyChecks} */
  async resend(id: string, phone: PhoneNumber, code: string): Promise<VerificationState> {
    const [row] = await this.database.query<AgainRow>(AGAIN, [id, this.clock.databaseTime()]);
    if (!row) throw new VerificationNotFound();
    if (row.secs_left <= 0) throw new VerificationExpired();
    if (row.checks_left <= 0) throw new TooManyChecks(Math.max(1, row.secs_left));
    return this.stateOf(id, phone, code, row, row);
  }

  /** With the pause and the texts left of any other number: a login's start must not tell strangers that this one has a fixed code. */
  private stateOf(
    id: string,
    phone: PhoneNumber,
    testCode: string,
    row: TestRow,
    { purpose, channel, checks_left }: Pick<AgainRow, 'purpose' | 'channel' | 'checks_left'>,
  ): VerificationState {
    const quotas = this.limits.statesAfterOne();
    return {
      ...{ id, status: 'pending', phone: phone.masked, channel, purpose },
      ...{
        createdAt: row.created_at,
        expiresAt: row.expires_at,
        nextSendAt: new Date(row.created_at.getTime() + PAUSE_MS),
      },
      ...{ sendsLeft: Math.min(...quotas.map(({ remaining }) => remaining)), checksLeft: checks_left, quotas },
      ...(this.options.revealCodes && { testCode }),
    };
  }
}
