import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsIn,
  Validate,
  ValidatorConstraint,
  type ValidationArguments,
  type ValidatorConstraintInterface,
} from 'class-validator';

import { MayBeAbsent } from '../http/index.js';
import { CHANNELS, FALLBACK_AFTER, MOST_LEGS, type Channel } from '../sms/index.js';

const NAMES = CHANNELS.map((channel) => `"${channel}"`).join(', ');
const { min, max } = FALLBACK_AFTER;
const LEG = `each of channels must be like {"channel": "whatsapp", "fallbackAfter": 20}`;

/** One channel of several. */
export class LegDto {
  @ApiProperty({ enum: CHANNELS }) channel!: Channel;
  @ApiPropertyOptional({
    ...{ minimum: min, maximum: max, example: 20 },
    description: 'Seconds without a report that it arrived, after which the next is tried. The last needs none.',
  })
  fallbackAfter?: number;
}

/** What is wrong with a plan as somebody wrote it; undefined: nothing. */
export function faultInPlan(plan: unknown): string | undefined {
  if (!Array.isArray(plan) || plan.length < 1 || plan.length > MOST_LEGS)
    return `channels must be a list of 1 to ${MOST_LEGS} channels`;
  const legs: unknown[] = plan;
  for (const [index, leg] of legs.entries()) {
    if (typeof leg !== 'object' || leg === null || Array.isArray(leg)) return LEG;
    const { channel, fallbackAfter, ...others } = leg as Record<string, unknown>;
    if (Object.keys(others).length > 0) return LEG;
    if (!CHANNELS.some((known) => known === channel)) return `each channel must be one of ${NAMES}`;
    if (legs.findIndex((each) => (each as LegDto | null)?.channel === channel) !== index)
      return 'channels must be different ones';
    if (fallbackAfter === undefined && index === legs.length - 1) continue;
    if (fallbackAfter === undefined) return 'each of channels but the last needs fallbackAfter, in seconds';
    if (!Number.isInteger(fallbackAfter) || Number(fallbackAfter) < min || Number(fallbackAfter) > max)
      return `fallbackAfter must be a whole number of seconds from ${min} to ${max}`;
  }
  return undefined;
}

@ValidatorConstraint({ name: 'isChannelPlan' })
class IsChannelPlan implements ValidatorConstraintInterface {
  validate(value: unknown, { object }: ValidationArguments): boolean {
    return faultInPlan(value) === undefined && (object as { channel?: unknown }).channel === undefined;
  }

  defaultMessage({ value }: ValidationArguments): string {
    return faultInPlan(value) ?? 'give channel or channels, not both';
  }
}

/** One channel for a code. */
export const MayNameChannel = (otherwise = 'sms') =>
  applyDecorators(
    ApiPropertyOptional({ enum: CHANNELS, description: `Without it, and without channels: ${otherwise}.` }),
    MayBeAbsent(),
    IsIn(CHANNELS, { message: `channel must be one of ${NAMES}` }),
  );

/** Several, of which the next is tried when no word came that the one before arrived. */
export const MayPlanChannels = () =>
  applyDecorators(
    ApiPropertyOptional({
      type: [LegDto],
      ...{ minItems: 1, maxItems: MOST_LEGS },
      example: [{ channel: 'whatsapp', fallbackAfter: 20 }, { channel: 'sms' }],
      description:
        'Instead of channel: tried in this order, with the same code, until one is reported as delivered. It counts as one text.',
    }),
    MayBeAbsent(),
    Validate(IsChannelPlan),
  );
