import { Body, Controller, Headers, HttpCode, Ip, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, ApiPublicProblems, Public } from '../../http/index.js';
import { CodeSentDto, shown, type CodeSent } from '../code.dto.js';
import { LoggedInDto, ResendLoginDto, StartLoginDto, VerifyLoginDto } from './login.dto.js';
import { LoginService, type LoggedIn } from './login.service.js';

@ApiTags('login')
@Controller('v1/auth/phone')
@Public()
export class LoginController {
  constructor(private readonly login: LoginService) {}

  @Post('start')
  @ApiOperation({
    summary: 'Send a code to log in with',
    description: 'The same answer whether somebody logs in with this number already or not.',
  })
  @ApiCreatedResponse({ type: CodeSentDto })
  @ApiPublicProblems(400, 403, 429, 503)
  async start(
    @Body() body: StartLoginDto,
    @Ip() ip: string,
    @Headers('accept-language') acceptLanguage: string | undefined,
  ): Promise<CodeSent> {
    return shown(await this.login.start({ ...body, acceptLanguage }, ip));
  }

  @Post('resend')
  @ApiOperation({ summary: 'Send the same code again', description: 'After 30, 60, then 120 seconds.' })
  @ApiCreatedResponse({ type: CodeSentDto })
  @ApiPublicProblems(400, 403, 404, 410, 429, 503)
  async resend(@Body() { id, ...wish }: ResendLoginDto, @Ip() ip: string): Promise<CodeSent> {
    return shown(await this.login.resend(id.toLowerCase(), ip, wish));
  }

  @Post('verify')
  @HttpCode(200)
  @ApiOperation({ summary: 'Log in with the code that the person typed' })
  @ApiOkResponse({ type: LoggedInDto })
  @ApiProblems(400, 404, 410, 429, 503)
  verify(
    @Body() { id, code }: VerifyLoginDto,
    @Ip() ip: string,
    @Headers('user-agent') client: string | undefined,
  ): Promise<LoggedIn> {
    return this.login.verify(id.toLowerCase(), code, ip, client);
  }
}
