import { ValidateBy } from 'class-validator';
import { isSupportedCountry } from 'libphonenumber-js/max';

import type { OwnSender } from './own-sender.js';

/** What every provider and every phone shows: a letter first, then letters and digits; some take a dash, a space or more. */
const SENDER_ID = /^[A-Za-z][A-Za-z0-9]{0,10}$/;

/** Every fault in `GB:Acme,DE:Acme`. */
export function senderIdFaults(items: unknown): string[] {
  if (!Array.isArray(items)) return ['it is no list'];
  const countries = items.map((item) => String(item).split(':', 1)[0]!.toUpperCase());
  return items.flatMap((item, index) => {
    const [country = '', id = '', ...rest] = String(item).split(':');
    const named = JSON.stringify(item);
    if (rest.length > 0 || !String(item).includes(':')) return [`${named} is not written as COUNTRY:SENDER`];
    return [
      ...(isSupportedCountry(country.toUpperCase()) ? [] : [`${named} begins with no country of two letters`]),
      ...(SENDER_ID.test(id) ? [] : [`${named} has no sender id of 1 to 11 letters and digits, a letter first`]),
      ...(countries.indexOf(country.toUpperCase()) < index ? [`${named} names ${country.toUpperCase()} again`] : []),
    ];
  });
}

/** For a list such as `GB:Acme,DE:Acme`; a refusal names every item that is wrong. */
export const AreSenderIds = (): PropertyDecorator =>
  ValidateBy({
    name: 'areSenderIds',
    validator: {
      validate: (value) => senderIdFaults(value).length === 0,
      defaultMessage: (args) => `$property must be sender ids by country: ${senderIdFaults(args?.value).join('; ')}.`,
    },
  });

/** Of what {@link AreSenderIds} let through. */
export const readSenderIds = (items: readonly string[] = []): OwnSender[] =>
  items.map((item) => {
    const [country, id] = item.split(':') as [string, string];
    return { id, country: country.toUpperCase() };
  });
