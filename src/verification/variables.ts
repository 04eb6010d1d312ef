import type { VerificationOptions } from './verification.options.js';

type TextOptions = VerificationOptions['text'];

/**
 * With `webOtpDomain` the last line of a text is the origin-bound format (WICG sms-one-time-codes), in which everything after the
 * code is ignored: that is where Android's hash goes, which must end the message.
 */
export function machineLineOf(code: string, { webOtpDomain, androidAppHash }: Omit<TextOptions, 'brandName'>): string {
  return [webOtpDomain && `@${webOtpDomain} #${code}`, androidAppHash].filter(Boolean).join(' ');
}

/** What a text that carries a code says. */
export function variablesOf(code: string, secsLeft: number, { brandName: brand }: TextOptions) {
  return { code, brand, expiryMinutes: Math.max(1, Math.round(secsLeft / 60)) };
}
