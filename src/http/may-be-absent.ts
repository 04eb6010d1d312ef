import { ValidateIf } from 'class-validator';

/** Unlike class-validator's IsOptional, lets no null through: a default stands in for what is absent, not for null. */
export const MayBeAbsent = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);
