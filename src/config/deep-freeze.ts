/** Freezes `value` and all that it holds, except the objects in `spare`. */
export function deepFreeze<T>(value: T, spare: ReadonlySet<unknown>): T {
  if (typeof value !== 'object' || value === null || spare.has(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const item of Object.values(value) as unknown[]) deepFreeze(item, spare);
  return value;
}
