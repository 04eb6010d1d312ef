import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, NeedsScope } from '../http/index.js';
import { MessageDto } from './message.dto.js';
import { MessageHistory } from './message-history.js';

@ApiTags('messages')
@Controller('v1/messages')
@NeedsScope('message')
export class MessagesController {
  constructor(private readonly history: MessageHistory) {}

  @Get(':id')
  @ApiOperation({ summary: 'Read what became of a text', description: 'Every try to hand it to a provider, in order.' })
  @ApiOkResponse({ type: MessageDto })
  @ApiProblems(403, 404, 503)
  get(@Param('id') id: string): Promise<MessageDto> {
    return this.history.of(id);
  }
}
