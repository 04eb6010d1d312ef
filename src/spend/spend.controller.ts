import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, NeedsScope } from '../http/index.js';
import { SpendReport } from './spend-report.js';
import { SpendDto } from './spend.dto.js';

@ApiTags('admin')
@Controller('v1/admin/spend')
@NeedsScope('admin')
export class SpendController {
  constructor(private readonly spend: SpendReport) {}

  @Get()
  @ApiOperation({ summary: "Read what today's texts cost", description: 'By provider, country and hour.' })
  @ApiOkResponse({ type: SpendDto })
  @ApiProblems(403, 503)
  today(): Promise<SpendDto> {
    return this.spend.today();
  }
}
