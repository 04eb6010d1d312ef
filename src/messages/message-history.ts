import { Injectable } from '@nestjs/common';

import { DomainError, isUuid, KeyRing, openPhone } from '../kernel/index.js';
import { answerTo, PrismaService } from '../prisma/index.js';
import type { MessageDto } from './message.dto.js';

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
  async of(idAsGiven: string): Promise<MessageDto> {
    const id = idAsGiven.toLowerCase();
    const include = { attempts: { orderBy: { startedAt: 'asc' } } } as const;
    const found = isUuid(id) ? await answerTo(this.prisma.message.findUnique({ where: { id }, include })) : null;
    if (!found) throw new MessageNotFound();
    const { phoneKey: phone_key, phoneSealed: phone_sealed, keyVersion: key_version } = found;
    return {
      id: found.id,
      status: found.status,
      phone: openPhone(this.keys, { phone_key, phone_sealed, key_version }).masked,
      channel: found.channel,
      ...(found.channels !== null && { channels: found.channels }),
      createdAt: found.createdAt,
      ...(found.status === 'failed' && { reason: found.stoppedBy ?? found.attempts.at(-1)?.fault ?? 'expired' }),
      attempts: found.attempts.map((attempt) => ({
        provider: attempt.provider,
        channel: attempt.channel,
        outcome: attempt.outcome,
        ...(attempt.fault !== null && { fault: attempt.fault }),
        ...(attempt.followUp && { followUp: true }),
        ...(attempt.route !== null && { route: attempt.route }),
        ...(attempt.report !== null && { report: attempt.report }),
        ...(attempt.reportCode !== null && { reportCode: attempt.reportCode }),
        ...(attempt.notOnChannel && { notOnChannel: true }),
        startedAt: attempt.startedAt,
        ...(attempt.endedAt !== null && { endedAt: attempt.endedAt }),
        ...(attempt.reportedAt !== null && { reportedAt: attempt.reportedAt }),
      })),
    };
  }
}
