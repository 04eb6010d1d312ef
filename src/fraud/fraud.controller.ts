import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsString, Length, Matches } from 'class-validator';

import { ApiProblems, ByOperator, MayBeAbsent, NeedsScope, type Operator } from '../http/index.js';
import { ApiRepeatable } from '../idempotency/index.js';
import { PhoneNumber } from '../kernel/index.js';
import { FraudOffice, type FraudStatus } from './fraud-office.js';

class UnblockDto {
  @ApiPropertyOptional({ example: 'GB', description: 'All prefixes of that country.' })
  @MayBeAbsent()
  @IsString({ message: 'country must be two letters' })
  @Matches(/^[A-Za-z]{2}$/, { message: 'country must be two letters' })
  country?: string;

  @ApiPropertyOptional({ example: '+447400123456', description: 'The prefixes of that phone; its country, too.' })
  @MayBeAbsent()
  @IsString({ message: 'phone must be a text such as "+14155552671"' })
  @Length(1, 64, { message: 'phone must have 1 to 64 characters' })
  phone?: string;
}

class BlockedPrefixDto {
  @ApiProperty({ example: 'GB' }) country!: string;
  @ApiProperty({ enum: ['cc', 'rng', 'b4', 'b3', 'b2'] }) level!: string;
  @ApiProperty({ format: 'date-time' }) blockedUntil!: string;
  @ApiProperty({ example: 1 }) strikes!: number;
}

class VerdictsDto {
  @ApiProperty({ enum: ['allow', 'challenge', 'deny'] }) verdict!: string;
  @ApiProperty() refused!: boolean;
  @ApiProperty({ example: 1_200 }) sends!: number;
}

class FraudStatusDto {
  @ApiProperty({ type: [BlockedPrefixDto] }) blocked!: BlockedPrefixDto[];
  @ApiProperty({ type: [VerdictsDto] }) lastDay!: VerdictsDto[];
}

class UnblockedDto {
  @ApiProperty({ example: 4 }) prefixes!: number;
}

@ApiTags('admin')
@NeedsScope('admin')
@Controller('v1/admin/fraud')
export class FraudController {
  constructor(private readonly office: FraudOffice) {}

  @Get()
  @ApiOperation({ summary: 'Blocked prefixes, and the verdicts of the last day' })
  @ApiOkResponse({ type: FraudStatusDto })
  @ApiProblems(403, 503)
  status(): Promise<FraudStatus> {
    return this.office.status();
  }

  @Post('unblock')
  @HttpCode(200)
  @ApiOperation({ summary: 'Forget what is held against a country, or against the prefixes of a phone' })
  @ApiOkResponse({ type: UnblockedDto })
  @ApiProblems(400, 403, 503)
  @ApiRepeatable()
  async unblock(@Body() { country, phone }: UnblockDto, @ByOperator() by: Operator): Promise<UnblockedDto> {
    const what = { country, phone: phone ? PhoneNumber.parse(phone) : undefined };
    return { prefixes: await this.office.unblock(what, by) };
  }
}
