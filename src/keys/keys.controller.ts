import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, ByOperator, NeedsScope, ToldOnce, type Operator } from '../http/index.js';
import { CreatedKeyDto, CreateKeyDto, keyDto, KeysDto } from './keys.dto.js';
import { Keys } from './keys.service.js';

@ApiTags('admin')
@Controller('v1/admin/keys')
@NeedsScope('admin')
export class KeysController {
  constructor(private readonly keys: Keys) {}

  @Post()
  @ToldOnce()
  @ApiOperation({
    summary: 'Make an API key',
    description: 'It is shown in this answer and never again. Idempotency-Key is of no use here: a name is taken once.',
  })
  @ApiCreatedResponse({ type: CreatedKeyDto })
  @ApiProblems(400, 403, 409, 503)
  async create(@Body() asked: CreateKeyDto, @ByOperator() by: Operator): Promise<CreatedKeyDto> {
    const { row, key } = await this.keys.create(asked, by);
    return { ...keyDto(row), key };
  }

  @Get()
  @ApiOperation({ summary: 'List API keys', description: 'Those that are revoked or have expired, too.' })
  @ApiOkResponse({ type: KeysDto })
  @ApiProblems(403, 503)
  async list(): Promise<KeysDto> {
    return { keys: (await this.keys.list()).map(keyDto) };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke an API key', description: 'At once here, within 5 s on other instances.' })
  @ApiNoContentResponse()
  @ApiProblems(403, 404, 503)
  async revoke(@Param('id') id: string, @ByOperator() by: Operator): Promise<void> {
    await this.keys.revoke(id, by);
  }
}
