import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { ApiProblems, NeedsScope, setRateLimit } from '../http/index.js';
import { ApiRepeatable, ThisRun } from '../idempotency/index.js';
import type { Run } from '../kernel/index.js';
import { MessageDto, SendMessageDto, SentMessageDto } from './message.dto.js';
import { MessageHistory } from './message-history.js';
import { MessageSender } from './message-sender.js';
import { MessageWriter } from './message-writer.js';

@ApiTags('messages')
@Controller('v1/messages')
@NeedsScope('message')
export class MessagesController {
  constructor(
    private readonly history: MessageHistory,
    private readonly sender: MessageSender,
    private readonly writer: MessageWriter,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Send a text to a phone',
    description: 'What it says is kept encrypted, and only as long as somebody may have to send it again.',
  })
  @ApiCreatedResponse({ type: SentMessageDto })
  @ApiProblems(400, 403, 429, 503)
  @ApiRepeatable()
  async send(
    @Body() { to, locale, channel, ...given }: SendMessageDto,
    @ThisRun() run: Run | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SentMessageDto> {
    const content = this.writer.contentOf(given);
    const { quotas, ...sent } = await this.sender.send({ to, content, locale, channel }, run);
    // They travel in headers, not in the body.
    if (quotas.length > 0) setRateLimit(reply, quotas);
    return sent;
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read what became of a text', description: 'Every try to hand it to a provider, in order.' })
  @ApiOkResponse({ type: MessageDto })
  @ApiProblems(403, 404, 503)
  get(@Param('id') id: string): Promise<MessageDto> {
    return this.history.of(id);
  }
}
