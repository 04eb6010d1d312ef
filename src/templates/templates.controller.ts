import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, ByOperator, NeedsScope, type Operator } from '../http/index.js';
import { ApiRepeatable } from '../idempotency/index.js';
import type { Linted } from '../sms/index.js';
import { TemplateOffice, type Preview, type TemplateState } from './template-office.js';
import {
  LintedDto,
  PreviewDto,
  PreviewTemplateDto,
  PutTemplateDto,
  RollBackDto,
  TemplateDto,
  VariantQuery,
} from './templates.dto.js';

@ApiTags('admin')
@NeedsScope('admin')
@Controller('v1/admin/templates')
export class TemplatesController {
  constructor(private readonly office: TemplateOffice) {}

  @Get()
  @ApiOperation({ summary: 'List every text, what it costs and what is wrong with it' })
  @ApiOkResponse({ type: [LintedDto] })
  @ApiProblems(403, 503)
  list(): Linted[] {
    return this.office.lint().map(inDollars);
  }

  @Post('preview')
  @HttpCode(200)
  @ApiRepeatable()
  @ApiOperation({
    summary: 'Write a text with sample values, and price it',
    description: 'A text of the list, or one that is no template yet. Nothing is sent.',
  })
  @ApiOkResponse({ type: PreviewDto })
  @ApiProblems(400, 403, 404, 503)
  preview(@Body() body: PreviewTemplateDto): Preview {
    return this.office.preview(body);
  }

  @Get(':name/:locale')
  @ApiOperation({ summary: 'Read a text and its versions' })
  @ApiOkResponse({ type: TemplateDto })
  @ApiProblems(400, 403, 404, 503)
  get(
    @Param('name') name: string,
    @Param('locale') locale: string,
    @Query() { variant }: VariantQuery,
  ): Promise<TemplateState> {
    return this.office.get({ name, locale, variant });
  }

  @Put(':name/:locale')
  @ApiOperation({
    summary: 'Send another text from now on',
    description: 'A new version; messages under way keep theirs. The same text again is no new version.',
  })
  @ApiOkResponse({ type: TemplateDto })
  @ApiProblems(400, 403, 503)
  put(
    @Param('name') name: string,
    @Param('locale') locale: string,
    @Body() { body, variant }: PutTemplateDto,
    @ByOperator() by: Operator,
  ): Promise<TemplateState> {
    return this.office.put({ name, locale, variant }, body, by);
  }

  @Post(':name/:locale/rollback')
  @HttpCode(200)
  @ApiRepeatable()
  @ApiOperation({ summary: 'Send again what a version said', description: 'As a new version.' })
  @ApiOkResponse({ type: TemplateDto })
  @ApiProblems(400, 403, 404, 503)
  rollBack(
    @Param('name') name: string,
    @Param('locale') locale: string,
    @Body() { version, variant }: RollBackDto,
    @ByOperator() by: Operator,
  ): Promise<TemplateState> {
    return this.office.rollBack({ name, locale, variant }, version, by);
  }

  @Delete(':name/:locale')
  @HttpCode(204)
  @ApiOperation({ summary: 'Send the text of the file again', description: 'Its versions stay readable.' })
  @ApiNoContentResponse()
  @ApiProblems(400, 403, 404, 503)
  remove(
    @Param('name') name: string,
    @Param('locale') locale: string,
    @Query() { variant }: VariantQuery,
    @ByOperator() by: Operator,
  ): Promise<void> {
    return this.office.remove({ name, locale, variant }, by);
  }
}

const inDollars = (linted: Linted): Linted => ({
  ...linted,
  prices: Object.fromEntries(Object.entries(linted.prices).map(([provider, price]) => [provider, price / 1_000_000])),
});
