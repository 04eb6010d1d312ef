import { ValidateBy } from 'class-validator';

const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether credentials and codes may travel there: https anywhere, http on this machine only, no user:password@. */
export function isSecureUrl(text: unknown): boolean {
  if (typeof text !== 'string' || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username || password) return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}

export const IsSecureUrl = (): PropertyDecorator =>
  ValidateBy({
    name: 'isSecureUrl',
    validator: {
      validate: isSecureUrl,
      defaultMessage: () => '$property must be an https:// URL without user:password@ (http:// only for localhost).',
    },
  });
