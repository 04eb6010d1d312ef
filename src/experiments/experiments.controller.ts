import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, ByOperator, NeedsScope, type Operator } from '../http/index.js';
import { ApiRepeatable } from '../idempotency/index.js';
import { CreateExperimentDto, ExperimentDto, experimentDto, ExperimentsDto } from './experiments.dto.js';
import { Experiments } from './experiments.service.js';

@ApiTags('admin')
@Controller('v1/admin/experiments')
@NeedsScope('admin')
export class ExperimentsController {
  constructor(private readonly experiments: Experiments) {}

  @Post()
  @ApiOperation({
    summary: 'Try several wordings of a template',
    description:
      'Each verification gets one by lot and keeps it; they are judged by approvals. One experiment a template.',
  })
  @ApiCreatedResponse({ type: ExperimentDto })
  @ApiProblems(400, 403, 409, 503)
  @ApiRepeatable()
  async create(@Body() asked: CreateExperimentDto, @ByOperator() by: Operator): Promise<ExperimentDto> {
    return experimentDto(await this.experiments.create(asked, by));
  }

  @Get()
  @ApiOperation({ summary: 'List experiments, and what is known by now' })
  @ApiOkResponse({ type: ExperimentsDto })
  @ApiProblems(403, 503)
  async list(): Promise<ExperimentsDto> {
    return { experiments: (await this.experiments.list()).map(experimentDto) };
  }

  @Get(':id')
  @ApiOperation({
    summary: 'Read what an experiment has shown by now',
    description: 'As often as you like: its intervals and p-values are made for that.',
  })
  @ApiOkResponse({ type: ExperimentDto })
  @ApiProblems(403, 404, 503)
  async get(@Param('id') id: string): Promise<ExperimentDto> {
    return experimentDto(await this.experiments.get(id));
  }

  @Post(':id/stop')
  @HttpCode(200)
  @ApiOperation({ summary: 'End an experiment', description: 'Everybody gets the plain wording again.' })
  @ApiOkResponse({ type: ExperimentDto })
  @ApiProblems(403, 404, 503)
  @ApiRepeatable()
  async stop(@Param('id') id: string, @ByOperator() by: Operator): Promise<ExperimentDto> {
    return experimentDto(await this.experiments.stop(id, by));
  }

  @Post(':id/variants/:name/stop')
  @HttpCode(200)
  @ApiOperation({ summary: 'Give a wording to nobody new', description: 'Its share goes to the others.' })
  @ApiOkResponse({ type: ExperimentDto })
  @ApiProblems(400, 403, 404, 503)
  @ApiRepeatable()
  async stopVariant(
    @Param('id') id: string,
    @Param('name') name: string,
    @ByOperator() by: Operator,
  ): Promise<ExperimentDto> {
    return experimentDto(await this.experiments.stopVariant(id, name, by));
  }
}
