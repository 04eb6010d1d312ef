import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, NeedsScope } from '../http/index.js';
import { AuditDto, AuditQuery } from './audit.dto.js';
import { AuditLog } from './audit-log.js';

const PAGE = 100;

@ApiTags('admin')
@Controller('v1/admin/audit')
@NeedsScope('admin')
export class AuditController {
  constructor(private readonly audit: AuditLog) {}

  @Get()
  @ApiOperation({ summary: 'Read what operators did' })
  @ApiOkResponse({ type: AuditDto })
  @ApiProblems(400, 403, 503)
  async list(@Query() { before }: AuditQuery): Promise<AuditDto> {
    const acts = await this.audit.list(PAGE, before === undefined ? undefined : BigInt(before));
    return {
      acts: acts.map(({ id, at, who, act, subject, address }) => ({
        id: String(id),
        at,
        who,
        act,
        ...(subject !== null && { subject }),
        ...(address !== null && { network: address }),
      })),
    };
  }
}
