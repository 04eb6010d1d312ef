import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { ApiProblems, CallerName, setRateLimit } from '../http/index.js';
import { ApiRepeatable, ThisRun } from '../idempotency/index.js';
import type { Run } from '../kernel/index.js';
import {
  CheckResultDto,
  CheckVerificationDto,
  ResendVerificationDto,
  StartVerificationDto,
  VerificationDto,
} from './verification.dto.js';
import { VerificationId } from './verification-id.pipe.js';
import { VerificationService } from './verification.service.js';
import type { CheckResult, VerificationState } from './verification.types.js';

type Shown = Omit<VerificationState, 'quotas'>;

@ApiTags('verifications')
@Controller('v1/verifications')
export class VerificationController {
  constructor(private readonly verifications: VerificationService) {}

  @Post()
  @ApiOperation({ summary: 'Send a code to a phone' })
  @ApiCreatedResponse({ type: VerificationDto })
  @ApiProblems(400, 403, 429, 503)
  @ApiRepeatable()
  async start(
    @Body() body: StartVerificationDto,
    @Headers('accept-language') acceptLanguage: string | undefined,
    @ThisRun() run: Run | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Shown> {
    return shown(await this.verifications.start({ ...body, acceptLanguage }, run), reply);
  }

  @Post(':id/resend')
  @ApiOperation({
    summary: 'Send the same code again',
    description: 'Same expiry, same guesses; after 30, 60, then 120 seconds.',
  })
  @ApiCreatedResponse({ type: VerificationDto })
  @ApiProblems(400, 403, 404, 410, 429, 503)
  @ApiRepeatable()
  async resend(
    @Param('id', VerificationId) id: string,
    @Body() body: ResendVerificationDto,
    @ThisRun() run: Run | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Shown> {
    return shown(await this.verifications.resend(id, run, null, false, body), reply);
  }

  @Post(':id/check')
  @HttpCode(200)
  @ApiOperation({ summary: 'Check the code that the person typed' })
  @ApiOkResponse({ type: CheckResultDto })
  @ApiProblems(400, 404, 410, 429, 503)
  @ApiRepeatable()
  check(
    @Param('id', VerificationId) id: string,
    @Body() body: CheckVerificationDto,
    @CallerName() caller: string,
    @ThisRun() run: Run | undefined,
  ): Promise<CheckResult> {
    return this.verifications.check(id, body.code, caller, body.purpose, run);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read a verification' })
  @ApiOkResponse({ type: VerificationDto })
  @ApiProblems(404, 503)
  async get(@Param('id', VerificationId) id: string): Promise<Shown> {
    return shown(await this.verifications.get(id));
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Cancel a verification' })
  @ApiOkResponse({ type: VerificationDto })
  @ApiProblems(404, 410, 503)
  async cancel(@Param('id', VerificationId) id: string): Promise<Shown> {
    return shown(await this.verifications.cancel(id));
  }
}

/** The limits travel in headers, not in the body. */
function shown({ quotas, ...state }: VerificationState, reply?: FastifyReply): Shown {
  if (reply) setRateLimit(reply, quotas);
  return state;
}
