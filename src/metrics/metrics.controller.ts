import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';

import { ApiProblems, NeedsScope } from '../http/index.js';
import { Metrics } from './metrics.js';

@ApiTags('health')
@Controller('metrics')
@NeedsScope('admin')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOperation({
    summary: 'Numbers for Prometheus',
    description: 'With an admin key as the bearer token, which Prometheus sends as `authorization.credentials`.',
  })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  @ApiProblems(403)
  read(): Promise<string> {
    return this.metrics.text();
  }
}
