import { Injectable } from '@nestjs/common';

import { MessageHistory, type MessageDto } from '../messages/index.js';
import { answerTo, PrismaService } from '../prisma/index.js';

/** What the engine made of a try: every try of the same message, in order. */
@Injectable()
export class Timelines {
  constructor(
    private readonly prisma: PrismaService,
    private readonly history: MessageHistory,
  ) {}

  /** Undefined for what nobody wrote down, such as a text sent by `SmsService.send` itself. @throws {DatabaseUnavailable} */
  async of(attemptId: string): Promise<MessageDto | undefined> {
    const wanted = { where: { id: attemptId }, select: { messageId: true } } as const;
    const found = await answerTo(this.prisma.attempt.findUnique(wanted));
    return found ? this.history.of(found.messageId) : undefined;
  }
}
