import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, ByOperator, NeedsScope, type Operator } from '../../http/index.js';
import { ApiRepeatable } from '../../idempotency/index.js';
import { ProviderDesk } from './provider-desk.js';
import { ProviderDto, ProvidersDto, TakeOutDto } from './provider.dto.js';

@ApiTags('admin')
@Controller('v1/admin/providers')
@NeedsScope('admin')
export class ProvidersController {
  constructor(private readonly desk: ProviderDesk) {}

  @Get()
  @ApiOperation({ summary: 'Where each provider stands, since when and why' })
  @ApiOkResponse({ type: ProvidersDto })
  @ApiProblems(403, 503)
  async list(): Promise<ProvidersDto> {
    return { providers: await this.desk.list() };
  }

  @Get(':name')
  @ApiOperation({ summary: 'Read one of them' })
  @ApiOkResponse({ type: ProviderDto })
  @ApiProblems(403, 404, 503)
  get(@Param('name') name: string): Promise<ProviderDto> {
    return this.desk.get(name);
  }

  @Post(':name/take-out')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Give a provider no text any more, until it is put back',
    description:
      'Holds at once here, within 2 s on other instances, and over restarts. What is on its way there ends as it ends.',
  })
  @ApiOkResponse({ type: ProviderDto })
  @ApiProblems(400, 403, 404, 409, 503)
  @ApiRepeatable()
  takeOut(
    @Param('name') name: string,
    @Body() { reason, force = false }: TakeOutDto,
    @ByOperator() by: Operator,
  ): Promise<ProviderDto> {
    return this.desk.takeOut(name, reason, force, by);
  }

  @Post(':name/put-back')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Let a provider that was taken out earn its trial',
    description: 'It comes back as any other that was out: two good pings, then three sends that go well.',
  })
  @ApiOkResponse({ type: ProviderDto })
  @ApiProblems(403, 404, 409, 503)
  @ApiRepeatable()
  putBack(@Param('name') name: string, @ByOperator() by: Operator): Promise<ProviderDto> {
    return this.desk.putBack(name, by);
  }
}
