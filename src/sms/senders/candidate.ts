import { PhoneNumber } from '../../kernel/index.js';
import { areaCodeOf, isNumeric, type OwnSender } from '../provider/own-sender.js';
import { senderRule } from './sender-rules.js';

/** One sender of a pool, with what a choice needs to know of it. */
export interface Candidate {
  readonly id: string;
  /** That it texts to alone. */
  readonly only?: string;
  readonly kind: 'number' | 'short-code' | 'name';
  /** That the number is of; a short code or a name tells none. */
  readonly country?: string;
  readonly areaCode?: string;
  /** Of its name: what recipients are spread over pools by. */
  readonly seed: Spot;
}

/** Two times 32 bits. */
export type Spot = readonly [number, number];

export function candidateOf({ id, country: only }: OwnSender, spotOf: (text: string) => Spot): Candidate {
  const seed = spotOf(id);
  if (!isNumeric(id)) return { id, kind: 'name', seed, ...(only && { only }) };
  if (!id.startsWith('+')) return { id, kind: 'short-code', seed, ...(only && { only }) };
  return { id, kind: 'number', seed, country: countryOf(id), areaCode: areaCodeOf(id), ...(only && { only }) };
}

function countryOf(e164: string): string | undefined {
  try {
    return PhoneNumber.parse(e164).country;
  } catch {
    return undefined; // no plan knows it; whether it is ours is for the provider to say
  }
}

/**
 * How well a sender suits a recipient; the least is best, undefined: not at all.
 * The country comes before the area code: a German gets texts from our German number, whatever area is preferred at home.
 * @param areaCode preferred in North America
 */
export function rankOf(sender: Candidate, to: PhoneNumber, areaCode: string | undefined): number | undefined {
  const { only, kind } = sender;
  const { country } = to;
  if (only !== undefined && only !== country) return undefined;
  if (kind === 'name' && country !== undefined && senderRule(country) === 'forbidden') return 9;
  if (only !== undefined) return 0;
  if (kind === 'name') return 4;
  if (kind === 'short-code') return 8;
  const isNear = sender.country !== undefined && sender.country === country;
  const home = areaCodeOf(to.e164);
  const byArea = home === undefined || !sender.areaCode ? 2 : [areaCode, home].indexOf(sender.areaCode);
  return (isNear ? 1 : 5) + (byArea < 0 ? 2 : byArea);
}

/** How much a recipient is drawn to a sender: the same two always as much, and to no two senders alike. */
export function drawOf(recipient: Spot, sender: Spot): number {
  let hash = Math.imul(recipient[0] ^ sender[0], 0x9e3779b1) ^ Math.imul(recipient[1] ^ sender[1], 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
