import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsArray, IsNumber, IsString, Length } from 'class-validator';

import { MayBeAbsent } from '../http/index.js';
import { reportOf, type ArmReport } from './experiment-report.js';
import { RULES, type ExperimentRow } from './experiments.sql.js';

class VariantDto {
  @ApiProperty({ example: 'short', pattern: '^[a-z0-9][a-z0-9-]{0,30}$' }) name!: string;
  @ApiProperty({ example: 50, description: 'Percent of the verifications; all together 100.' }) weight!: number;
}

export class CreateExperimentDto {
  @ApiProperty({ example: 'verification', description: 'What verifications are sent by; others have no approvals.' })
  @IsString({ message: 'must be the name of a template' })
  @Length(1, 100, { message: 'must be the name of a template' })
  template!: string;

  @ApiPropertyOptional({
    example: 'en',
    description: 'Of the texts that it is about, en-GB being en, too; all without it.',
  })
  @MayBeAbsent()
  @IsString({ message: 'must be a language tag such as en' })
  @Length(2, 35, { message: 'must be a language tag such as en' })
  locale?: string;

  @ApiProperty({ type: [VariantDto], description: '2 to 5, and "control", the plain wording, among them.' })
  @IsArray({ message: 'must be a list of {name, weight}' })
  variants!: unknown[];

  @ApiPropertyOptional({ default: 0.05, description: 'How often an experiment may be decided wrongly: 0.001 to 0.2.' })
  @MayBeAbsent()
  @IsNumber({}, { message: 'must be a number from 0.001 to 0.2' })
  alpha?: number;

  @ApiPropertyOptional({
    default: 500,
    description: 'Verifications of each arm before anything is decided, at least 100.',
  })
  @MayBeAbsent()
  @IsNumber({}, { message: 'must be a whole number of at least 100' })
  minimumSample?: number;

  @ApiPropertyOptional({
    enum: RULES,
    default: 'stop-losers',
    description: 'watch: nothing happens by itself. apply-winner: losers are stopped, and a winner goes to everybody.',
  })
  @MayBeAbsent()
  @IsString({ message: `must be one of ${RULES.join(', ')}` })
  rule?: string;
}

const INTERVAL: { type: [NumberConstructor]; nullable: boolean; example: number[] } = {
  type: [Number],
  nullable: true,
  example: [0.012, 0.071],
};

export class ArmDto {
  @ApiProperty({ example: 'short' }) name!: string;
  @ApiProperty({ example: 50 }) weight!: number;
  @ApiProperty({ description: 'Verifications that began with this wording, and are over.' }) assigned!: number;
  @ApiProperty({ description: 'Of those: a provider took the first text.' }) accepted!: number;
  @ApiProperty({ description: 'Of those: approved.' }) approved!: number;
  @ApiProperty({ nullable: true, type: Number, example: 0.743, description: 'Approved of accepted.' })
  conversion!: number | null;
  @ApiProperty(INTERVAL) conversionInterval!: readonly number[] | null;
  @ApiProperty({ nullable: true, type: Number, example: 0.041, description: 'To the conversion of control.' })
  difference!: number | null;
  @ApiProperty({ ...INTERVAL, description: 'Holds at every look at once; without 0 in it, there is a difference.' })
  differenceInterval!: readonly number[] | null;
  @ApiProperty({ nullable: true, type: Number, example: 0.0031, description: 'Valid however often it is looked at.' })
  pValue!: number | null;
  @ApiProperty({ enum: ['collecting', 'baseline', 'no difference yet', 'better', 'worse', 'stopped', 'winner'] })
  decision!: string;
  @ApiPropertyOptional({ format: 'date-time' }) stoppedAt?: string;
  @ApiPropertyOptional({ example: 'rule', description: 'rule, or who did.' }) stoppedBy?: string;
}

class SampleRatioDto {
  @ApiProperty({ example: 1, description: 'Close to 0: verifications did not come in the shares of the weights.' })
  assigned!: number;
  @ApiProperty({ example: 1, description: 'The same of those whose first text was accepted.' }) accepted!: number;
}

export class ExperimentDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: 'verification' }) template!: string;
  @ApiPropertyOptional({ example: 'en' }) locale?: string;
  @ApiProperty({ enum: ['running', 'decided', 'stopped'] }) status!: string;
  @ApiProperty({ description: 'Whether it decides what wording new texts have.' }) inForce!: boolean;
  @ApiProperty({ enum: RULES }) rule!: string;
  @ApiProperty({ example: 0.05 }) alpha!: number;
  @ApiProperty({ example: 500 }) minimumSample!: number;
  @ApiPropertyOptional({ example: 'short', description: 'What it was decided for.' }) winner?: string;
  @ApiPropertyOptional({ example: 'short', description: 'Surely better than all others, by now.' }) proposal?: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: Date;
  @ApiProperty({ example: 'session:admin' }) createdBy!: string;
  @ApiProperty({ format: 'date-time', description: 'Verifications count from then on.' }) startsAt!: Date;
  @ApiPropertyOptional({ format: 'date-time' }) endedAt?: Date;
  @ApiProperty({ format: 'date-time', description: 'Verifications that began before are counted.' })
  countedUntil!: Date;
  @ApiProperty({ type: [ArmDto] }) arms!: ArmDto[];
  @ApiProperty({ type: SampleRatioDto }) sampleRatio!: SampleRatioDto;
  @ApiProperty({ type: [String] }) warnings!: readonly string[];
}

export class ExperimentsDto {
  @ApiProperty({ type: [ExperimentDto], description: 'Newest first, 200 at most.' }) experiments!: ExperimentDto[];
}

function armDto({ stoppedAt, stoppedBy, ...arm }: ArmReport): ArmDto {
  return { ...arm, ...(stoppedAt !== null && { stoppedAt, stoppedBy: stoppedBy ?? 'rule' }) };
}

export function experimentDto(row: ExperimentRow): ExperimentDto {
  const { arms, proposal, sampleRatio, warnings } = reportOf(row);
  return {
    ...{ id: row.id, template: row.template, ...(row.locale !== null && { locale: row.locale }) },
    ...{ status: row.status, inForce: row.is_in_force, rule: row.rule, alpha: row.alpha },
    minimumSample: row.minimum_sample,
    ...(row.winner !== null && { winner: row.winner }),
    ...(proposal !== null && { proposal }),
    ...{ createdAt: row.created_at, createdBy: row.created_by, startsAt: row.starts_at },
    ...(row.ended_at && { endedAt: row.ended_at }),
    countedUntil: row.counted_until,
    ...{ arms: arms.map(armDto), sampleRatio, warnings },
  };
}
