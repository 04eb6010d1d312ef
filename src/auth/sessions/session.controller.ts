import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, Public } from '../../http/index.js';
import { isUuid } from '../../kernel/index.js';
import { SessionNotFound } from '../auth.errors.js';
import { LogoutDto, MeDto, RefreshDto, SessionsDto, TokensDto } from './session.dto.js';
import { Me, NeedsSession } from './session.guard.js';
import { Sessions, type SignedIn, type TokenPair } from './sessions.js';

@ApiTags('login')
@Controller('v1/auth')
export class SessionController {
  constructor(private readonly sessions: Sessions) {}

  @Post('refresh')
  @HttpCode(200)
  @Public()
  @ApiOperation({
    summary: 'Take new tokens for a refresh token',
    description:
      'One at a time: a refresh token that comes twice ends its session, since then somebody else has it, too.',
  })
  @ApiOkResponse({ type: TokensDto })
  @ApiProblems(400, 429, 503)
  refresh(@Body() { refreshToken }: RefreshDto): Promise<TokenPair> {
    return this.sessions.refresh(refreshToken);
  }

  @Post('logout')
  @HttpCode(204)
  @NeedsSession()
  @ApiOperation({ summary: 'End this session, or all of them' })
  @ApiNoContentResponse()
  @ApiProblems(400, 503)
  async logout(@Me() me: SignedIn, @Body() body: LogoutDto): Promise<void> {
    if (body?.everywhere) await this.sessions.revoke(me.userId, null, 'logout-everywhere');
    else await this.sessions.revoke(me.userId, me.sessionId, 'logout');
  }

  @Get('me')
  @NeedsSession()
  @ApiOperation({ summary: 'Who is logged in' })
  @ApiOkResponse({ type: MeDto })
  @ApiProblems(503)
  me(@Me() { userId, userSince, sessionId, signedInAt, phone }: SignedIn) {
    return { id: userId, phone, createdAt: userSince, sessionId, signedInAt };
  }

  @Get('sessions')
  @NeedsSession()
  @ApiOperation({ summary: 'List your open sessions, last used first' })
  @ApiOkResponse({ type: SessionsDto })
  @ApiProblems(503)
  async list(@Me() me: SignedIn) {
    const rows = await this.sessions.list(me.userId);
    const sessions = rows.map(({ id, client, created_at, refreshed_at, ends_at }) => ({
      ...{ id, current: id === me.sessionId, ...(client !== null && { client }) },
      ...{ createdAt: created_at, refreshedAt: refreshed_at, endsAt: ends_at },
    }));
    return { sessions };
  }

  @Delete('sessions/:id')
  @HttpCode(204)
  @NeedsSession()
  @ApiOperation({ summary: 'End one of your sessions' })
  @ApiNoContentResponse()
  @ApiProblems(404, 503)
  async end(@Me() me: SignedIn, @Param('id') id: string): Promise<void> {
    const sessionId = id.toLowerCase();
    if (!isUuid(sessionId)) throw new SessionNotFound();
    await this.sessions.revoke(me.userId, sessionId, sessionId === me.sessionId ? 'logout' : 'by-another-session');
  }
}
