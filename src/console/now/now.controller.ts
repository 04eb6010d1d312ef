import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { ApiProblems, NeedsScope } from '../../http/index.js';
import { Live } from './live.js';
import { NowDto } from './now.dto.js';
import { Snapshots } from './snapshots.js';

@ApiTags('admin')
@Controller('v1/admin')
@NeedsScope('admin')
export class NowController {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly live: Live,
  ) {}

  @Get('now')
  @ApiOperation({ summary: 'What happens now: sends, providers, conversion, spend, outbox' })
  @ApiOkResponse({ type: NowDto })
  @ApiProblems(403, 503)
  now(): Promise<NowDto> {
    return this.snapshots.now();
  }

  @Get('events')
  @ApiOperation({
    summary: 'The same as it happens, as server-sent events',
    description:
      'Event "now" on connecting and then about every second: what GET /v1/admin/now answers. Event "provider" at once when ' +
      'one changes its standing: what GET /v1/admin/providers/:name answers. A comment every 15 s. It ends when the session or ' +
      'key does, and when the server stops.',
  })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ schema: { type: 'string' } })
  @ApiProblems(403, 503)
  events(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.live.serve(request, reply);
  }
}
