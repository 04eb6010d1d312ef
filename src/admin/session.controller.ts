import { Body, Controller, Delete, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { ApiProblems, NeedsScope, Public } from '../http/index.js';
import { AdminSessions } from './admin-sessions.js';
import { OperatorSessionDto, SignInDto } from './session.dto.js';
import { SignIn } from './sign-in.js';

@ApiTags('admin')
@Controller('v1/admin/session')
export class SessionController {
  constructor(
    private readonly signIn: SignIn,
    private readonly sessions: AdminSessions,
  ) {}

  @Post()
  @Public()
  @ApiOperation({
    summary: 'Sign in as an operator',
    description: 'Sets the cookie of the session. 404 while ADMIN_PASSWORD is unset; 429 after wrong passwords.',
  })
  @ApiCreatedResponse({ type: OperatorSessionDto })
  @ApiProblems(400, 403, 404, 429, 503)
  begin(
    @Body() { password }: SignInDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperatorSessionDto> {
    return this.signIn.with(password, request, reply);
  }

  @Get()
  @NeedsScope('admin')
  @ApiOperation({ summary: 'Read the session that the cookie stands for' })
  @ApiOkResponse({ type: OperatorSessionDto })
  @ApiProblems(403, 503)
  get(@Req() request: FastifyRequest): OperatorSessionDto {
    return this.sessions.sessionOf(request);
  }

  @Delete()
  @HttpCode(204)
  @NeedsScope('admin')
  @ApiOperation({ summary: 'Sign out' })
  @ApiNoContentResponse()
  @ApiProblems(403, 503)
  async end(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    await this.sessions.end(request, reply);
  }
}
