import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';

import { ApiProblems, ByOperator, NeedsScope, ToldOnce, type Operator } from '../http/index.js';
import { ApiRepeatable } from '../idempotency/index.js';
import { WebhookDeliveries } from './delivery/webhook-deliveries.js';
import { WebhookEndpoints } from './endpoints/webhook-endpoints.js';
import {
  ChangeEndpointDto,
  CreateEndpointDto,
  DeliveriesQueryDto,
  DeliveryDto,
  EndpointDto,
  NewEndpointDto,
  NewSecretDto,
  ReplayedDto,
  ReplaySinceDto,
} from './webhook.dto.js';

@ApiTags('webhooks')
@Controller('v1/webhook-endpoints')
@NeedsScope('admin')
export class WebhookEndpointsController {
  constructor(
    private readonly endpoints: WebhookEndpoints,
    private readonly deliveries: WebhookDeliveries,
  ) {}

  @Post()
  @ToldOnce()
  @ApiOperation({
    summary: 'Have a server told what happens',
    description: 'By Standard Webhooks: signed with the secret of the answer, which is shown once.',
  })
  @ApiCreatedResponse({ type: NewEndpointDto })
  @ApiProblems(400, 403, 409, 503)
  create(@Body() body: CreateEndpointDto, @ByOperator() by: Operator): Promise<NewEndpointDto> {
    return this.endpoints.create(body, by);
  }

  @Get()
  @ApiOperation({ summary: 'List the servers that are told' })
  @ApiOkResponse({ type: [EndpointDto] })
  @ApiProblems(403, 503)
  list(): Promise<EndpointDto[]> {
    return this.endpoints.list();
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read one of them' })
  @ApiOkResponse({ type: EndpointDto })
  @ApiProblems(403, 404, 503)
  get(@Param('id') id: string): Promise<EndpointDto> {
    return this.endpoints.get(id);
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change, disable or enable one' })
  @ApiOkResponse({ type: EndpointDto })
  @ApiProblems(400, 403, 404, 503)
  change(@Param('id') id: string, @Body() body: ChangeEndpointDto, @ByOperator() by: Operator): Promise<EndpointDto> {
    return this.endpoints.change(id, body, by);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Tell it nothing any more' })
  @ApiNoContentResponse()
  @ApiProblems(403, 404, 503)
  remove(@Param('id') id: string, @ByOperator() by: Operator): Promise<void> {
    return this.endpoints.remove(id, by);
  }

  @Post(':id/rotate-secret')
  @ToldOnce()
  @HttpCode(200)
  @ApiOperation({ summary: 'Make a new secret', description: 'For 24 hours deliveries are signed with both.' })
  @ApiOkResponse({ type: NewSecretDto })
  @ApiProblems(403, 404, 503)
  rotate(@Param('id') id: string, @ByOperator() by: Operator): Promise<NewSecretDto> {
    return this.endpoints.rotateSecret(id, by);
  }

  @Post(':id/test')
  @ApiRepeatable()
  @HttpCode(202)
  @ApiOperation({ summary: 'Send it a webhook.test' })
  @ApiAcceptedResponse()
  @ApiProblems(403, 404, 409, 503)
  test(@Param('id') id: string, @ByOperator() by: Operator): Promise<void> {
    return this.endpoints.test(id, by);
  }

  @Get(':id/deliveries')
  @ApiOperation({
    summary: 'List what it was told, and how that went',
    description: 'The newest 100; kept for 7 days.',
  })
  @ApiOkResponse({ type: [DeliveryDto] })
  @ApiProblems(400, 403, 404, 503)
  told(@Param('id') id: string, @Query() { status }: DeliveriesQueryDto): Promise<DeliveryDto[]> {
    return this.deliveries.of(id, status);
  }

  @Post(':id/replay')
  @ApiRepeatable()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Tell it again what it missed',
    description: 'Every event since then that failed, or waits for another try; with the same ids and bodies.',
  })
  @ApiAcceptedResponse({ type: ReplayedDto })
  @ApiProblems(400, 403, 404, 409, 503)
  async replay(
    @Param('id') id: string,
    @Body() { since }: ReplaySinceDto,
    @ByOperator() by: Operator,
  ): Promise<ReplayedDto> {
    return { replayed: await this.deliveries.replaySince(id, new Date(since), by) };
  }
}

@ApiTags('webhooks')
@Controller('v1/webhook-deliveries')
@NeedsScope('admin')
export class WebhookDeliveriesController {
  constructor(private readonly deliveries: WebhookDeliveries) {}

  @Post(':id/replay')
  @ApiRepeatable()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Tell one event again',
    description: 'With the same id and body, whatever became of it before.',
  })
  @ApiAcceptedResponse()
  @ApiProblems(403, 404, 409, 503)
  replay(@Param('id') id: string, @ByOperator() by: Operator): Promise<void> {
    return this.deliveries.replay(id, by);
  }
}
