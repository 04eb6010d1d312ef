import type { Readable } from 'node:stream';

import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  UseGuards,
} from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

import { ApiProblems, WithoutKey } from '../http/index.js';
import { PhoneNumber } from '../kernel/index.js';
import { SimulatedCarrier } from './carrier/simulated-carrier.js';
import { InboxStreams } from './inbox-streams.js';
import * as dto from './inbox.dto.js';
import { InboxMessageNotFound } from './inbox.errors.js';
import { InboxGuard } from './inbox.guard.js';
import { Inbox } from './inbox.js';
import { INBOX_OPTIONS, type InboxOptions } from './inbox.options.js';
import { Timelines } from './timelines.js';

/** In simulation only: elsewhere none of these routes exists. */
@ApiTags('inbox')
@Controller('v1/inbox')
// Nothing from the machine itself; from elsewhere what operators have.
@ApiSecurity({})
@ApiSecurity('apiKey')
@ApiSecurity('adminSession')
@WithoutKey()
@UseGuards(InboxGuard)
export class InboxController {
  constructor(
    private readonly inbox: Inbox,
    private readonly carrier: SimulatedCarrier,
    private readonly streams: InboxStreams,
    private readonly timelines: Timelines,
    private readonly guard: InboxGuard,
    @Inject(INBOX_OPTIONS) private readonly options: InboxOptions,
  ) {}

  @Get('messages')
  @ApiOperation({
    summary: 'Simulated messages, newest first',
    description: 'The newest 1,000 of this process. Simulation only.',
  })
  @ApiOkResponse({ type: dto.InboxMessagesDto })
  @ApiProblems(400, 403)
  list(@Query() { phone, q: text, limit }: dto.MessagesQuery): dto.InboxMessagesDto {
    const search = { text, limit, ...(phone !== undefined && { phone: this.e164(phone) }) };
    return { messages: this.inbox.list(search).map(dto.shown) };
  }

  @Delete('messages')
  @HttpCode(204)
  @ApiOperation({ summary: 'Forget all simulated messages' })
  @ApiNoContentResponse()
  @ApiProblems(403)
  clear(): void {
    this.inbox.clear();
  }

  @Get('messages/:id')
  @ApiOperation({ summary: 'A simulated message, with the timeline of its delivery' })
  @ApiOkResponse({ type: dto.InboxMessageWithTimelineDto })
  @ApiProblems(403, 404, 503)
  async get(@Param('id') id: string): Promise<dto.InboxMessageWithTimelineDto> {
    const message = this.found(id);
    const timeline = await this.timelines.of(message.id);
    return { ...dto.shown(message), ...(timeline && { timeline }) };
  }

  @Post('messages/:id/reports')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Let the network report what became of a message',
    description: 'As a delivery report of a provider.',
  })
  @ApiOkResponse({ type: dto.InboxMessageDto })
  @ApiProblems(400, 403, 404, 409, 503)
  async report(@Param('id') id: string, @Body() { outcome }: dto.ReportRequestDto): Promise<dto.InboxMessageDto> {
    await this.carrier.settle(this.found(id), outcome);
    return dto.shown(this.found(id));
  }

  @Get('conversations')
  @ApiOperation({ summary: 'One conversation for each number' })
  @ApiOkResponse({ type: dto.ConversationsDto })
  @ApiProblems(400, 403)
  conversations(@Query() { q }: dto.ConversationsQuery): dto.ConversationsDto {
    const conversations = this.inbox.conversations(q);
    return { conversations: conversations.map((each) => ({ ...each, newest: dto.shown(each.newest) })) };
  }

  @Get('plans')
  @ApiOperation({ summary: 'What is to become of the next messages' })
  @ApiOkResponse({ type: dto.PlansDto })
  @ApiProblems(403)
  plans(): dto.PlansDto {
    return { plans: this.carrier.plans.list() };
  }

  @Post('plans')
  @ApiOperation({
    summary: 'Say what is to become of the next message',
    description: 'To a number, or to any: it fails, is late, is blocked.',
  })
  @ApiCreatedResponse({ type: dto.PlanDto })
  @ApiProblems(400, 403, 409)
  plan(@Body() { phone, ...plan }: dto.PlanRequestDto): dto.PlanDto {
    return this.carrier.plans.add({ ...plan, ...(phone !== undefined && { phone: this.e164(phone) }) });
  }

  @Delete('plans')
  @HttpCode(204)
  @ApiOperation({ summary: 'Let the next messages be delivered as usual' })
  @ApiNoContentResponse()
  @ApiProblems(403)
  clearPlans(): void {
    this.carrier.plans.clear();
  }

  @Get('scenarios')
  @ApiOperation({ summary: 'Numbers with an outcome of their own' })
  @ApiOkResponse({ type: dto.ScenariosDto })
  @ApiProblems(403)
  scenarios(): dto.ScenariosDto {
    return { scenarios: dto.listedScenarios() };
  }

  @Get('events')
  @Header('content-type', 'text/event-stream')
  @Header('x-accel-buffering', 'no')
  @ApiOperation({
    summary: 'Simulated messages as they happen',
    description:
      'Server-sent events: `message` with a message that is new, or that something became of; `cleared`. It ends when the session or key that opened it does.',
  })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ schema: { type: 'string' } })
  @ApiProblems(403, 503)
  events(@Req() request: FastifyRequest): Readable | undefined {
    // Nobody would read the stream, and so nobody would end it.
    return request.method === 'HEAD' ? undefined : this.streams.open(() => this.guard.isStillIn(request));
  }

  /** @throws {InvalidPhoneFormat} */
  private e164(phone: string): string {
    return PhoneNumber.parse(phone, this.options.defaultRegion).e164;
  }

  /** @throws {InboxMessageNotFound} */
  private found(id: string) {
    const message = this.inbox.get(id.toLowerCase());
    if (!message) throw new InboxMessageNotFound();
    return message;
  }
}
