import { Body, Controller, Delete, Get, HttpCode, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, ByOperator, NeedsScope, type Operator } from '../http/index.js';
import { DomainError, PhoneNumber } from '../kernel/index.js';
import { DestinationRouter } from './destination-router.js';
import { ruleReport } from './report/place-report.js';
import { RouteOffice } from './report/route-office.js';
import { PlaceQuery, RoutingReportDto, RuleDto, RuleSetDto, WhyDto, WhyQuery } from './routing.dto.js';
import { RouteRules } from './rules/rules.js';
import { RoutingJob } from './watch/routing-job.js';

class OneOfTwo extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'Write ?phone=%2B14155552671 or ?messageId=UUID.';

  constructor() {
    super('Either a phone or a messageId is asked about.');
  }
}

@ApiTags('admin')
@Controller('v1/admin/routing')
@NeedsScope('admin')
export class RoutingController {
  constructor(
    private readonly office: RouteOffice,
    private readonly rules: RouteRules,
    private readonly router: DestinationRouter,
    private readonly job: RoutingJob,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Read rules, what was learned, and why texts to a destination go as they go' })
  @ApiOkResponse({ type: RoutingReportDto })
  @ApiProblems(400, 403, 503)
  report(@Query() place: PlaceQuery): Promise<RoutingReportDto> {
    return this.office.report(place);
  }

  @Get('why')
  @ApiOperation({
    summary: 'Why this provider',
    description: 'Of a text to a phone, or of one that was sent. A URL may be logged on its way: prefer messageId.',
  })
  @ApiOkResponse({ type: WhyDto })
  @ApiProblems(400, 403, 404, 503)
  why(@Query() { phone, messageId, channel, network }: WhyQuery): Promise<WhyDto> {
    if ((phone === undefined) === (messageId === undefined)) throw new OneOfTwo();
    if (messageId !== undefined) return this.office.whyMessage(messageId);
    // A plus that was not escaped arrives as a space.
    return this.office.whyPhone(PhoneNumber.parse((phone ?? '').replace(/^ /, '+')), channel, network);
  }

  @Put('rules')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Set the rule for some texts',
    description: 'In the place of the one for exactly these texts. Holds here at once, at other instances within 5 s.',
  })
  @ApiOkResponse({ type: RuleSetDto })
  @ApiProblems(400, 403, 503)
  async set(@Body() asked: RuleDto, @ByOperator() by: Operator): Promise<RuleSetDto> {
    const rule = await this.rules.set(given(asked), this.router.providers, by);
    await this.job.readRules().catch(() => undefined); // it is set, whatever becomes of this
    return ruleReport(rule) as RuleSetDto;
  }

  @Delete('rules')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take back the rule for exactly these texts' })
  @ApiNoContentResponse()
  @ApiProblems(400, 403, 404, 503)
  async unset(@Query() match: PlaceQuery, @ByOperator() by: Operator): Promise<void> {
    await this.rules.unset(match, by);
    await this.job.readRules().catch(() => undefined);
  }
}

/** Members that were said: the class has all of them. */
const given = (asked: RuleDto): RuleDto =>
  Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
