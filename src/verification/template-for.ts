import { isCodeTemplate, type CodeTemplate } from '../sms/index.js';

/**
 * Which text brings a code. Purposes of the server API choose by their name, such as `password-reset`; those of other rooms, which
 * have a colon, by what the code is for.
 */
export function templateFor(purpose: string): CodeTemplate {
  if (isCodeTemplate(purpose)) return purpose;
  if (purpose === 'auth:login') return 'login';
  if (purpose.startsWith('auth:phone-change:')) return 'phone-change';
  if (purpose.startsWith('auth:step-up:')) return 'two-factor-auth';
  return 'verification';
}
