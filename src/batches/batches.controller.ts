import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';

import { Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { ApiProblems, CallerName, NeedsScope, StreamedBody, StreamedRoute, type Streamed } from '../http/index.js';
import { ApiRepeatable } from '../idempotency/index.js';
import { isUuid } from '../kernel/index.js';
import { BatchDto, BatchErrorDto, BatchQueryDto, BatchRowDto, UploadDto } from './batch.dto.js';
import { InvalidBatchId, NotRows } from './batch.errors.js';
import { BatchIntake } from './batch-intake.js';
import { BatchWorker } from './batch.worker.js';
import { Batches } from './batches.js';
import { idOf } from './row-reader.js';

@ApiTags('batches')
@Controller('v1/messages/batch')
@NeedsScope('message')
export class BatchesController {
  constructor(
    private readonly intake: BatchIntake,
    private readonly batches: Batches,
    private readonly worker: BatchWorker,
  ) {}

  @Post()
  @StreamedRoute()
  @ApiOperation({
    summary: 'Send many texts',
    description:
      'NDJSON, a row a line, or one JSON array; read as it comes, at most 100000 rows a request. A row with a fault is told of and stops no ' +
      'other. Rows are known by the id of the batch and their ref: what was cut off is sent again under the same id, and nobody gets two texts.',
  })
  @ApiConsumes('application/x-ndjson', 'application/json')
  @ApiBody({ type: [BatchRowDto] })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'Names the batch where "id" does not. The body is not compared with that of an earlier request, for it is never held as a whole: ' +
      'its rows are, one by one, by their refs.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
  })
  @ApiCreatedResponse({ type: UploadDto })
  @ApiProblems(400, 403, 409, 413, 503)
  async send(
    @StreamedBody() { type, bytes }: Streamed,
    @Query() { id, ...asked }: BatchQueryDto,
    @CallerName() by: string,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<UploadDto> {
    if (type === undefined) throw new NotRows();
    const format = type === 'application/json' ? 'json' : 'ndjson';
    const taken = await this.intake.take({ ...asked, id: batchId(id, by, key), rows: bytes, format, by });
    this.worker.wake();
    return taken;
  }

  @Get()
  @ApiOperation({ summary: 'List the newest batches' })
  @ApiOkResponse({ type: [BatchDto] })
  @ApiProblems(403, 503)
  list(): Promise<BatchDto[]> {
    return this.batches.list();
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read how far a batch is' })
  @ApiOkResponse({ type: BatchDto })
  @ApiProblems(403, 404, 503)
  get(@Param('id') id: string): Promise<BatchDto> {
    return this.batches.get(id.toLowerCase());
  }

  @Get(':id/errors')
  @ApiOperation({
    summary: 'Read what became no message, and what failed',
    description: 'NDJSON: a BatchErrorDto a line.',
  })
  @ApiOkResponse({ content: { 'application/x-ndjson': { schema: { type: 'string' } } } })
  @ApiProblems(403, 404, 503)
  async errors(@Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    const errors = await this.batches.errors(id.toLowerCase());
    const lines = async function* () {
      for await (const error of errors) yield `${JSON.stringify(error satisfies BatchErrorDto)}\n`;
    };
    void reply.type('application/x-ndjson').send(Readable.from(lines()));
  }

  @Post(':id/pause')
  @HttpCode(200)
  @ApiRepeatable()
  @ApiOperation({ summary: 'Begin no more rows for now', description: 'Repeating it changes nothing.' })
  @ApiOkResponse({ type: BatchDto })
  @ApiProblems(403, 404, 409, 503)
  pause(@Param('id') id: string): Promise<BatchDto> {
    return this.batches.pause(id.toLowerCase());
  }

  @Post(':id/resume')
  @HttpCode(200)
  @ApiRepeatable()
  @ApiOperation({
    summary: 'Go on',
    description: 'Also with a batch of which only some rows came. Repeating it changes nothing.',
  })
  @ApiOkResponse({ type: BatchDto })
  @ApiProblems(403, 404, 409, 503)
  async resume(@Param('id') id: string): Promise<BatchDto> {
    const batch = await this.batches.resume(id.toLowerCase());
    this.worker.wake();
    return batch;
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiRepeatable()
  @ApiOperation({ summary: 'End it', description: 'What is not begun is never sent. Repeating it changes nothing.' })
  @ApiOkResponse({ type: BatchDto })
  @ApiProblems(403, 404, 409, 503)
  async cancel(@Param('id') id: string): Promise<BatchDto> {
    const batch = await this.batches.cancel(id.toLowerCase());
    this.worker.wake();
    return batch;
  }
}

/** @throws {InvalidBatchId} */
function batchId(id: string | undefined, by: string, key: string | undefined): string {
  const given = id?.toLowerCase();
  if (given !== undefined && !isUuid(given)) throw new InvalidBatchId();
  if (given !== undefined) return given;
  return key ? idOf(createHash('sha256').update(by).digest('hex'), `key ${key}`) : randomUUID();
}
