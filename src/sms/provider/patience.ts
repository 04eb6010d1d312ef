import { IsInt, Max, Min } from 'class-validator';

import type { Patience } from './sms-provider.js';

export const DEFAULT_PATIENCE: Patience = { timeoutMs: 30_000, maxRetries: 3, retryDelayMs: 1_000 };

const within = (min: number, max: number): PropertyDecorator => {
  const message = `$property must be a whole number from ${min} to ${max}.`;
  return (target, name) =>
    [IsInt({ message }), Min(min, { message }), Max(max, { message })].forEach((rule) => rule(target, name));
};

export const IsTimeoutSecs = () => within(1, 300);
export const IsRetryCount = () => within(0, 10);
export const IsRetryDelayMs = () => within(0, 60_000);
