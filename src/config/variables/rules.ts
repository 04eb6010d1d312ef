import { isIP } from 'node:net';

import { IsInt, Max, Min, ValidateBy, type ValidationOptions } from 'class-validator';
import { isSupportedCountry } from 'libphonenumber-js/max';

export type Test = (value: unknown, environment: Readonly<Record<string, unknown>>) => boolean;

/** @param mend where an example would not help, such as for secrets: how to get a right value. */
export const saying = (problem: string, mend?: string): ValidationOptions => ({
  message: `$property ${problem}.`,
  ...(mend && { context: { mend } }),
});

/** A rule of our own; with `each`, for every item of a list. */
export const passes = (name: string, test: Test, options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name, validator: { validate: (value, args) => test(value, args!.object as never) } }, options);

/** A whole number from `min` to `max`. */
export const IsWithin = (min: number, max: number): PropertyDecorator => {
  const options = saying(`must be a whole number from ${min} to ${max}`);
  return (target, name) => [IsInt(options), Min(min, options), Max(max, options)].forEach((rule) => rule(target, name));
};

/** Not less than the variable `other` and `more`. */
export const IsAtLeast = (other: string, more = 0): PropertyDecorator => {
  const enough: Test = (value, environment) => !(Number(value) < Number(environment[other]) + more);
  const least = more > 0 ? `${other} + ${more}` : other;
  return passes('isAtLeast', enough, saying(`must not be less than ${least}`, `Raise it, or lower ${other}.`));
};

/** http(s), and nothing after the host and port but at most a slash. */
export const isOrigin: Test = (value) => {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value) || !URL.canParse(value)) return false;
  const { pathname, username, password } = new URL(value);
  return pathname === '/' && !username && !password && !/[?#]/.test(value);
};

/** The same, of one host: no pattern for hosts. */
export const isExactOrigin: Test = (value, environment) => isOrigin(value, environment) && !String(value).includes('*');

/** A URL of one of `protocols`, which tells nothing about what is behind it. */
export const isUrlOf =
  (...protocols: readonly string[]): Test =>
  (value) =>
    typeof value === 'string' && URL.canParse(value) && protocols.includes(new URL(value).protocol);

/** An IP address, or a range of them such as 10.0.0.0/8. */
export const isAddressRange: Test = (value) => {
  if (typeof value !== 'string') return false;
  const [address = '', prefix, ...rest] = value.split('/');
  if (rest.length > 0 || !isIP(address)) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && isPrefix(address, Number(prefix)));
};

function isPrefix(address: string, prefix: number): boolean {
  return prefix <= (isIP(address) === 4 ? 32 : 128);
}

/** An ISO 3166-1 country that phone numbers are known of, in either case. */
export const isCountry: Test = (value) => typeof value === 'string' && isSupportedCountry(value.toUpperCase());

const PHC = /^\$argon2id\$v=19\$m=\d{1,7},t=\d{1,3},p=\d{1,3}\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}$/;

/** A password in clear, or whole argon2id: half a hash, as a shell leaves it, would be a password that nobody knows. */
export const isPassword: Test = (value) => typeof value === 'string' && (!/^\$?argon2/.test(value) || PHC.test(value));
