import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsString, Length, Max, Min } from 'class-validator';

import { MayBeAbsent } from '../http/index.js';
import { MessageDto } from '../messages/index.js';
import { CHANNELS } from '../sms/index.js';
import { LATER_OUTCOMES, OUTCOME_NAMES, OUTCOMES, type OutcomeName } from './carrier/outcomes.js';
import { SCENARIOS } from './carrier/scenarios.js';
import { STATES, type InboxMessage } from './inbox-message.js';

const LONGEST_SEARCH = 100;
const MOST_LISTED = 1_000;
const MOST_TIMES = 20;
const LATEST_SECS = 600;

const PHONE_RULE = 'phone must be a phone such as "+14155552671"';
const SEARCH_RULE = `q must be a text of at most ${LONGEST_SEARCH} characters`;
const LIMIT_RULE = `limit must be a whole number from 1 to ${MOST_LISTED}`;
const AFTER_RULE = `afterSecs must be a whole number from 1 to ${LATEST_SECS}`;
const TIMES_RULE = `times must be a whole number from 1 to ${MOST_TIMES}`;

const MEANINGS = OUTCOME_NAMES.map((name) => `${name}: ${OUTCOMES[name].about}`).join(' ');
const fromText = () =>
  Transform(({ value }: { value: unknown }) => (/^\d+$/.test(String(value)) ? Number(value) : value));

export class ConversationsQuery {
  @ApiPropertyOptional({ description: 'In body, number or code.' })
  @MayBeAbsent()
  @IsString({ message: SEARCH_RULE })
  @Length(0, LONGEST_SEARCH, { message: SEARCH_RULE })
  q?: string;
}

export class MessagesQuery extends ConversationsQuery {
  @ApiPropertyOptional({ example: '+14155552671' })
  @MayBeAbsent()
  @IsString({ message: PHONE_RULE })
  @Length(1, 64, { message: PHONE_RULE })
  phone?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MOST_LISTED, default: 100 })
  @fromText()
  @IsInt({ message: LIMIT_RULE })
  @Min(1, { message: LIMIT_RULE })
  @Max(MOST_LISTED, { message: LIMIT_RULE })
  limit: number = 100;
}

export class PlanRequestDto {
  @ApiProperty({ enum: OUTCOME_NAMES, description: MEANINGS })
  @IsIn(OUTCOME_NAMES, { message: `outcome must be one of ${OUTCOME_NAMES.join(', ')}` })
  outcome!: OutcomeName;

  @ApiPropertyOptional({ example: '+14155552671', description: 'Of the next text to this number; absent: to any.' })
  @MayBeAbsent()
  @IsString({ message: PHONE_RULE })
  @Length(1, 64, { message: PHONE_RULE })
  phone?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: LATEST_SECS,
    description: 'Of "late": until it is delivered; 30.',
  })
  @MayBeAbsent()
  @IsInt({ message: AFTER_RULE })
  @Min(1, { message: AFTER_RULE })
  @Max(LATEST_SECS, { message: AFTER_RULE })
  afterSecs?: number;

  @ApiPropertyOptional({
    ...{ type: 'integer', minimum: 1, maximum: MOST_TIMES, default: 1 },
    description: 'Tries that it counts for; with 1, the next provider is asked, and delivers.',
  })
  @IsInt({ message: TIMES_RULE })
  @Min(1, { message: TIMES_RULE })
  @Max(MOST_TIMES, { message: TIMES_RULE })
  times: number = 1;
}

export class PlanDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ enum: OUTCOME_NAMES }) outcome!: OutcomeName;
  @ApiPropertyOptional({ example: '+14155552671' }) phone?: string;
  @ApiPropertyOptional() afterSecs?: number;
  @ApiProperty({ description: 'Tries that it still counts for.' }) times!: number;
}

export class ReportRequestDto {
  @ApiProperty({ enum: LATER_OUTCOMES, description: 'What the network reports of it now.' })
  @IsIn(LATER_OUTCOMES, { message: `outcome must be one of ${LATER_OUTCOMES.join(', ')}` })
  outcome!: OutcomeName;
}

export class InboxReportDto {
  @ApiProperty({ enum: ['sent', 'delivered', 'undelivered', 'failed'] }) status!: string;
  @ApiPropertyOptional({ example: '30003' }) code?: string;
  @ApiProperty({ format: 'date-time' }) at!: Date;
}

export class InboxMessageDto {
  @ApiProperty({ format: 'uuid', description: 'Of one try at one provider.' }) id!: string;
  @ApiProperty({ example: '+14155552671', description: 'In full: this is the phone.' }) phone!: string;
  @ApiProperty({ example: 'mock' }) provider!: string;
  @ApiProperty({ enum: CHANNELS }) channel!: string;
  @ApiProperty() body!: string;
  @ApiPropertyOptional({ example: '568209' }) code?: string;
  @ApiPropertyOptional({ example: 'ar' }) locale?: string;
  @ApiProperty({ enum: OUTCOME_NAMES }) outcome!: OutcomeName;
  @ApiPropertyOptional({ enum: ['plan', 'scenario'], description: 'Who asked for that outcome; absent: nobody.' })
  because?: string;
  @ApiProperty({ enum: STATES }) state!: string;
  @ApiProperty({ format: 'date-time' }) receivedAt!: Date;
  @ApiPropertyOptional({ format: 'date-time' }) arrivedAt?: Date;
  @ApiProperty({ type: [InboxReportDto] }) reports!: readonly InboxReportDto[];
}

export class InboxMessageWithTimelineDto extends InboxMessageDto {
  @ApiPropertyOptional({ type: MessageDto, description: 'What the engine wrote down: every try of the same message.' })
  timeline?: MessageDto;
}

export class InboxMessagesDto {
  @ApiProperty({ type: [InboxMessageDto], description: 'Newest first.' }) messages!: InboxMessageDto[];
}

export class ConversationDto {
  @ApiProperty({ example: '+14155552671' }) phone!: string;
  @ApiProperty() count!: number;
  @ApiProperty({ type: InboxMessageDto }) newest!: InboxMessageDto;
}

export class ConversationsDto {
  @ApiProperty({ type: [ConversationDto], description: 'Whoever was texted last comes first.' })
  conversations!: ConversationDto[];
}

export class PlansDto {
  @ApiProperty({ type: [PlanDto], description: 'Oldest first.' }) plans!: readonly PlanDto[];
}

export class ScenarioDto {
  @ApiProperty({ example: '+150055513xx', description: 'xx: any two digits.' }) number!: string;
  @ApiProperty({ enum: OUTCOME_NAMES }) outcome!: OutcomeName;
  @ApiProperty({ enum: ['first', 'all'], description: 'At the preferred provider, or at every one.' }) at!: string;
  @ApiProperty() about!: string;
}

export class ScenariosDto {
  @ApiProperty({ type: [ScenarioDto] }) scenarios!: ScenarioDto[];
}

/** What the provider called it is between the network and the engine. */
export const shown = ({ providerMessageId: _, ...message }: InboxMessage): InboxMessageDto => message;

export const listedScenarios = (): ScenarioDto[] =>
  SCENARIOS.map(({ number, outcome, at }) => ({ number, outcome, at, about: OUTCOMES[outcome].about }));
