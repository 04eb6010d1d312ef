import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, ByOperator, NeedsScope, type Operator } from '../http/index.js';
import { ApiRepeatable } from '../idempotency/index.js';
import { SenderOffice } from './sender-office.js';
import { ChangedSendersDto, RestSenderDto, SendersDto, WhichSenderDto } from './senders.dto.js';

const REST_HOURS = 24;

@ApiTags('admin')
@NeedsScope('admin')
@Controller('v1/admin/senders')
export class SendersController {
  constructor(private readonly office: SenderOffice) {}

  @Get()
  @ApiOperation({ summary: 'What texts go out under: which rest, and how many arrive' })
  @ApiOkResponse({ type: SendersDto })
  @ApiProblems(403, 503)
  async list(): Promise<SendersDto> {
    return { senders: await this.office.list() };
  }

  @Post(':sender/rest')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Use a sender no more for a while',
    description:
      'At once here, within 3 s on other instances. The last one that is awake rests, too, and is used all the same.',
  })
  @ApiOkResponse({ type: ChangedSendersDto })
  @ApiProblems(400, 403, 404, 503)
  @ApiRepeatable()
  async rest(
    @Param('sender') sender: string,
    @Body() { provider, hours = REST_HOURS }: RestSenderDto,
    @ByOperator() by: Operator,
  ): Promise<ChangedSendersDto> {
    return { changed: await this.office.rest(sender, provider, hours, by) };
  }

  @Post(':sender/wake')
  @HttpCode(200)
  @ApiOperation({ summary: 'Use a sender again', description: 'What led to its rest counts no more.' })
  @ApiOkResponse({ type: ChangedSendersDto })
  @ApiProblems(400, 403, 404, 503)
  @ApiRepeatable()
  async wake(
    @Param('sender') sender: string,
    @Body() { provider }: WhichSenderDto,
    @ByOperator() by: Operator,
  ): Promise<ChangedSendersDto> {
    return { changed: await this.office.wake(sender, provider, by) };
  }
}
