import { Injectable } from '@nestjs/common';

import { DomainError, KeyRing, PhoneNumber } from '../kernel/index.js';
import { answerTo, PrismaService } from '../prisma/index.js';
import type { MessageDto } from './message.dto.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export class MessageNotFound extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'NOT_FOUND';
  override readonly hint = 'Ask for the messageId of a verification.';

  constructor() {
    super('There is no such message.');
  }
}

/** What became of a text: every try at a provider, and what its network said. */
@Injectable()
export class MessageHistory {
  constructor(
    private readonly prisma: PrismaService,
    private readonly keys: KeyRing,
  ) {}

  /** @throws {MessageNotFound | SecretGone | DatabaseUnavailable} */
  async of(id: string): Promise<MessageDto> {
    const include = { attempts: { orderBy: { startedAt: 'asc' } } } as const;
    const found = UUID.test(id) ? await answerTo(this.prisma.message.findUnique({ where: { id }, include })) : null;
    if (!found) throw new MessageNotFound();
    const sealed = { version: found.keyVersion, data: found.phoneSealed };
    return {
      id: found.id,
      status: found.status,
      phone: PhoneNumber.parse(this.keys.open(sealed, found.phoneKey)).masked,
      createdAt: found.createdAt,
      ...(found.status === 'failed' && { reason: found.attempts.at(-1)?.fault ?? 'expired' }),
      attempts: found.attempts.map((attempt) => ({
        provider: attempt.provider,
        outcome: attempt.outcome,
        ...(attempt.fault !== null && { fault: attempt.fault }),
        ...(attempt.followUp && { followUp: true }),
        ...(attempt.report !== null && { report: attempt.report }),
        ...(attempt.reportCode !== null && { reportCode: attempt.reportCode }),
        startedAt: attempt.startedAt,
        ...(attempt.endedAt !== null && { endedAt: attempt.endedAt }),
        ...(attempt.reportedAt !== null && { reportedAt: attempt.reportedAt }),
      })),
    };
  }
}
