import { Controller, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';

import { ApiPublicProblems, Public } from '../http/index.js';
import { ReportIntake } from './report-intake.js';
import { toReportRequest } from './report-request.js';

/** Gateways that were set up by their HTTP request alone; each report is proven by SMS_WEBHOOK_SECRET. */
@ApiTags('webhooks')
@Controller('v1/webhooks/http')
@Public()
@SkipThrottle()
export class GatewayWebhooksController {
  constructor(private readonly intake: ReportIntake) {}

  @Post(':provider')
  @HttpCode(204)
  @ApiOperation({
    summary: 'What became of a text',
    description: 'JSON signed as Standard Webhooks say, or the parameters of the GET.',
  })
  @ApiNoContentResponse({ description: 'Taken down, or about no text of ours.' })
  @ApiPublicProblems(400, 403, 503)
  async signed(@Param('provider') provider: string, @Req() request: FastifyRequest): Promise<void> {
    await this.intake.take(provider, toReportRequest(request));
  }

  /** Kannel tells it again after a 204: only 200 and 202 are heard. */
  @Get(':provider')
  @ApiOperation({ summary: 'The same, from gateways that cannot sign', description: 'The {reportUrl} that they got.' })
  @ApiQuery({ name: 'ref', schema: { type: 'string', format: 'uuid' } })
  @ApiQuery({ name: 'token' })
  @ApiQuery({
    name: 'status',
    description: 'accepted, sent, delivered, undelivered, failed, or 1, 2, 4, 8, 16, 34, 66.',
  })
  @ApiOkResponse({ description: 'Taken down, or about no text of ours.' })
  @ApiPublicProblems(400, 403, 503)
  async called(@Param('provider') provider: string, @Req() request: FastifyRequest): Promise<void> {
    await this.intake.take(provider, toReportRequest(request));
  }
}
