import type { VerificationOptions } from './verification.options.js';

/**
 * What a text that carries a code says. With `webOtpDomain` its last line is the origin-bound format (WICG
 * sms-one-time-codes), in which everything after the code is ignored: that is where Android's hash goes, which must end
 * the message.
 */
export function variablesOf(code: string, secsLeft: number, options: VerificationOptions['text']) {
  const { brandName: brand, webOtpDomain, androidAppHash } = options;
  const expiryMinutes = Math.max(1, Math.round(secsLeft / 60));
  const machineLine = [webOtpDomain && `@${webOtpDomain} #${code}`, androidAppHash].filter(Boolean).join(' ');
  return { code, brand, expiryMinutes, machineLine };
}
