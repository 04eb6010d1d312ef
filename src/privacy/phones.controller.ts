import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, ByOperator, NeedsScope, ToldOnce, type Operator } from '../http/index.js';
import { PhoneNumber } from '../kernel/index.js';
import { ErasedDto, ErasePhoneDto, EraseQueryDto, ExportedDto, PhoneDto } from './phones.dto.js';
import { PROGRAM_OPTIONS, type ProgramOptions } from './privacy.options.js';
import { PrivacyService } from './privacy.service.js';

const IN_ADDRESS = 'Addresses land in the logs of proxies, so the POST with the number in its body is the better one.';

/** What is kept about one number. */
@ApiTags('phones')
@Controller('v1/phones')
@NeedsScope('admin')
export class PhonesController {
  constructor(
    private readonly privacy: PrivacyService,
    @Inject(PROGRAM_OPTIONS) private readonly options: ProgramOptions,
  ) {}

  @Post('export')
  @HttpCode(200)
  @ApiOperation({ summary: 'Show what is kept about a number' })
  @ApiOkResponse({ type: ExportedDto })
  @ApiProblems(400, 403, 503)
  @ToldOnce()
  export(@Body() { phone }: PhoneDto, @ByOperator() by: Operator): Promise<ExportedDto> {
    return this.privacy.export(this.read(phone), by);
  }

  @Post('erase')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Erase what is kept about a number',
    description:
      'Its verifications end, its queued texts are not sent, its limits begin anew. May be repeated, and is to be after a 503.',
  })
  @ApiOkResponse({ type: ErasedDto })
  @ApiProblems(400, 403, 503)
  @ToldOnce()
  erase(@Body() { phone, optOut }: ErasePhoneDto, @ByOperator() by: Operator): Promise<ErasedDto> {
    return this.privacy.erase(this.read(phone), { optOut }, by);
  }

  @Get(':phone')
  @ApiOperation({ summary: 'Show what is kept about a number', description: IN_ADDRESS })
  @ApiOkResponse({ type: ExportedDto })
  @ApiProblems(400, 403, 503)
  exportByAddress(@Param('phone') phone: string, @ByOperator() by: Operator): Promise<ExportedDto> {
    return this.privacy.export(this.read(phone), by);
  }

  @Delete(':phone')
  @ApiOperation({ summary: 'Erase what is kept about a number', description: IN_ADDRESS })
  @ApiOkResponse({ type: ErasedDto })
  @ApiProblems(400, 403, 503)
  eraseByAddress(
    @Param('phone') phone: string,
    @Query() { optOut }: EraseQueryDto,
    @ByOperator() by: Operator,
  ): Promise<ErasedDto> {
    return this.privacy.erase(this.read(phone), { optOut: optOut === 'true' }, by);
  }

  private read(text: string): PhoneNumber {
    return PhoneNumber.parse(text, this.options.defaultRegion);
  }
}
