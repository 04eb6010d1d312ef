import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { ApiProblems, NeedsScope } from '../http/index.js';
import { AnalyticsDto, AnalyticsQuery } from './analytics.dto.js';
import { Analytics } from './analytics.js';
import { csvOf } from './csv.js';

@ApiTags('admin')
@Controller('v1/admin/analytics')
@NeedsScope('admin')
export class AnalyticsController {
  constructor(private readonly analytics: Analytics) {}

  @Get()
  @ApiOperation({
    summary: 'Read what texts brought, and what that cost',
    description: 'As JSON, or as CSV by `format=csv` or `Accept: text/csv`.',
  })
  @ApiProduces('application/json', 'text/csv')
  @ApiOkResponse({ type: AnalyticsDto })
  @ApiProblems(400, 403, 503)
  async read(
    @Query() { format, ...asked }: AnalyticsQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AnalyticsDto | string> {
    const report = await this.analytics.read(asked);
    const isCsv = (format ?? (/\btext\/csv\b/i.test(accept ?? '') ? 'csv' : 'json')) === 'csv';
    if (!isCsv) return report;
    void reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="analytics.csv"');
    return csvOf(report);
  }
}
