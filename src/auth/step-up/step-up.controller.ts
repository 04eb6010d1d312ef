import { Body, Controller, Headers, HttpCode, Ip, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, NeedsScope } from '../../http/index.js';
import { ApiRepeatable } from '../../idempotency/index.js';
import { CodeSentDto, shown, type CodeSent } from '../code.dto.js';
import { Me, NeedsSession } from '../sessions/session.guard.js';
import type { SignedIn } from '../sessions/sessions.js';
import { lifetimeOf } from '../tokens/tokens.js';
import { RedeemedDto, RedeemStepUpDto, StartStepUpDto, StepUpProofDto, VerifyStepUpDto } from './step-up.dto.js';
import { StepUpService, type Redeemed } from './step-up.service.js';

@ApiTags('login')
@Controller('v1/auth/step-up')
export class StepUpController {
  constructor(private readonly stepUps: StepUpService) {}

  @Post('start')
  @NeedsSession()
  @ApiOperation({ summary: 'Send a code to your own phone, for one sensitive action' })
  @ApiCreatedResponse({ type: CodeSentDto })
  @ApiProblems(400, 403, 429, 503)
  async start(
    @Me() me: SignedIn,
    @Body() { action, context }: StartStepUpDto,
    @Ip() ip: string,
    @Headers('accept-language') acceptLanguage: string | undefined,
  ): Promise<CodeSent> {
    return shown(await this.stepUps.start(me, { action, context, acceptLanguage }, ip));
  }

  @Post('verify')
  @HttpCode(200)
  @NeedsSession()
  @ApiOperation({ summary: 'Take a proof for the code', description: 'In the session that started it.' })
  @ApiOkResponse({ type: StepUpProofDto })
  @ApiProblems(400, 404, 410, 429, 503)
  async verify(@Me() me: SignedIn, @Body() { id, code }: VerifyStepUpDto, @Ip() ip: string): Promise<StepUpProofDto> {
    return { proof: await this.stepUps.verify(me, id.toLowerCase(), code, ip), expiresIn: lifetimeOf('stepUp') };
  }

  @Post('redeem')
  @HttpCode(200)
  @NeedsScope('verify')
  @ApiOperation({
    summary: 'Take a step-up proof, once',
    description: 'For backends. Compare userId, action and context with what is about to be done.',
  })
  @ApiOkResponse({ type: RedeemedDto })
  @ApiProblems(400, 410, 503)
  @ApiRepeatable()
  redeem(@Body() { proof, action }: RedeemStepUpDto): Promise<Redeemed> {
    return this.stepUps.redeem(proof, action);
  }
}
