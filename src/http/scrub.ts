/** JWTs, and API keys as this project makes them. */
const TOKENS = /eyJ[\w-]{8,}\.[\w-]+\.[\w-]+|\bsk_[\w-]{8,}/g;
/** Digits that could be a whole phone number: after a plus always, else unless they are part of a word, a UUID or a fraction. */
const PHONES = /(?:\+|%2[Bb])\d{7,15}|(?<![\w.-])\d{7,15}(?![\w-])/g;

/** The last line of defence: takes whole phones and tokens out of a log line that should never have held any. */
export function scrub(line: string): string {
  return line.replace(TOKENS, '[token]').replace(PHONES, (digits) => `+******${digits.slice(-4)}`);
}
