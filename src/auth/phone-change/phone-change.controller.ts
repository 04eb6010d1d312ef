import { Body, Controller, Headers, HttpCode, Ip, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems } from '../../http/index.js';
import { shown } from '../code.dto.js';
import { Me, NeedsSession } from '../sessions/session.guard.js';
import type { SignedIn } from '../sessions/sessions.js';
import {
  PhoneChangedDto,
  PhoneChangeStartedDto,
  StartPhoneChangeDto,
  VerifyPhoneChangeDto,
} from './phone-change.dto.js';
import { PhoneChangeService } from './phone-change.service.js';

@ApiTags('login')
@Controller('v1/auth/phone-change')
@NeedsSession()
export class PhoneChangeController {
  constructor(private readonly changes: PhoneChangeService) {}

  @Post('start')
  @ApiOperation({ summary: 'Send a code to your present number, and one to the new one' })
  @ApiCreatedResponse({ type: PhoneChangeStartedDto })
  @ApiProblems(400, 403, 429, 503)
  async start(
    @Me() me: SignedIn,
    @Body() body: StartPhoneChangeDto,
    @Ip() ip: string,
    @Headers('accept-language') acceptLanguage: string | undefined,
  ) {
    const { id, current, new: other } = await this.changes.start(me, { ...body, acceptLanguage }, ip);
    return { id, expiresAt: current.expiresAt, current: shown(current), new: shown(other) };
  }

  @Post('verify')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Log in with the new number from now on',
    description: 'Both codes must be right; which one was not is not said. Ends every other session of yours.',
  })
  @ApiOkResponse({ type: PhoneChangedDto })
  @ApiProblems(400, 404, 409, 410, 429, 503)
  verify(@Me() me: SignedIn, @Body() { id, currentCode, newCode }: VerifyPhoneChangeDto, @Ip() ip: string) {
    return this.changes.verify(me, id.toLowerCase(), currentCode, newCode, ip);
  }
}
