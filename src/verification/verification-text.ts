import type { VerificationOptions } from './verification.options.js';

/**
 * The text that carries a code. With `webOtpDomain` its last line is the origin-bound format (WICG sms-one-time-codes), in
 * which everything after the code is ignored: that is where Android's hash goes, which must end the message.
 */
export function verificationText(code: string, ttlSecs: number, options: VerificationOptions['text']): string {
  const { brandName, webOtpDomain, androidAppHash } = options;
  const minutes = Math.max(1, Math.round(ttlSecs / 60));
  const text = `${code} is your ${brandName} code. It expires in ${minutes} min. Do not share it.`;
  const machine = [webOtpDomain && `@${webOtpDomain} #${code}`, androidAppHash].filter(Boolean).join(' ');
  return machine ? `${text}\n\n${machine}` : text;
}
