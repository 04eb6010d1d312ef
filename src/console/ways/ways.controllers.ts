import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, ByOperator, NeedsScope, type Operator } from '../../http/index.js';
import { MessageDesk } from './message-desk.js';
import { VerificationDesk } from './verification-desk.js';
import {
  MessagesDto,
  MessagesQuery,
  MessageWayDto,
  VerificationsDto,
  VerificationsQuery,
  VerificationWayDto,
} from './ways.dto.js';

@ApiTags('admin')
@Controller('v1/admin/verifications')
@NeedsScope('admin')
export class VerificationWaysController {
  constructor(private readonly desk: VerificationDesk) {}

  @Get()
  @ApiOperation({ summary: 'Find verifications, by phone, id or status' })
  @ApiOkResponse({ type: VerificationsDto })
  @ApiProblems(400, 403, 503)
  find(@Query() query: VerificationsQuery, @ByOperator() by: Operator): Promise<VerificationsDto> {
    return this.desk.find(query, by);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read the whole way of a verification', description: 'What was not recorded is left out.' })
  @ApiOkResponse({ type: VerificationWayDto })
  @ApiProblems(403, 404, 503)
  get(@Param('id') id: string): Promise<VerificationWayDto> {
    return this.desk.wayOf(id);
  }
}

@ApiTags('admin')
@Controller('v1/admin/messages')
@NeedsScope('admin')
export class MessageWaysController {
  constructor(private readonly desk: MessageDesk) {}

  @Get()
  @ApiOperation({ summary: 'Find texts, by phone, status, provider or country' })
  @ApiOkResponse({ type: MessagesDto })
  @ApiProblems(400, 403, 503)
  find(@Query() query: MessagesQuery, @ByOperator() by: Operator): Promise<MessagesDto> {
    return this.desk.find(query, by);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read the whole way of a text' })
  @ApiOkResponse({ type: MessageWayDto })
  @ApiProblems(403, 404, 503)
  get(@Param('id') id: string): Promise<MessageWayDto> {
    return this.desk.wayOf(id);
  }
}
