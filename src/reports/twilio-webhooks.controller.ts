import { Controller, Header, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiConsumes, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';

import { ApiPublicProblems, Public } from '../http/index.js';
import { ReportIntake } from './report-intake.js';
import { toReportRequest } from './report-request.js';

/** Few addresses, thousands of requests a second, each proven by its signature: not throttled. */
@ApiTags('webhooks')
@Controller('v1/webhooks/twilio')
@Public()
@SkipThrottle()
export class TwilioWebhooksController {
  constructor(private readonly intake: ReportIntake) {}

  @Post('inbound')
  @HttpCode(200)
  @Header('content-type', 'text/xml')
  @ApiOperation({ summary: 'What people text back: STOP and START', description: 'Called by Twilio, signed by it.' })
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiOkResponse({
    description: 'TwiML that answers nothing.',
    content: { 'text/xml': { schema: { type: 'string' } } },
  })
  @ApiPublicProblems(403, 503)
  async inbound(@Req() request: FastifyRequest): Promise<string> {
    await this.intake.takeReply('twilio', toReportRequest(request));
    return '<?xml version="1.0" encoding="UTF-8"?><Response/>';
  }

  @Post(':attemptId')
  @HttpCode(204)
  @ApiOperation({ summary: 'What became of a text', description: 'Called by Twilio, signed by it.' })
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiNoContentResponse({ description: 'Taken down, or about no text of ours.' })
  @ApiPublicProblems(403, 503)
  async report(@Param('attemptId') attemptId: string, @Req() request: FastifyRequest): Promise<void> {
    await this.intake.take('twilio', toReportRequest(request, attemptId));
  }
}
