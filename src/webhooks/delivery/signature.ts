import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';

/** A new secret as Standard Webhooks writes it: 32 random bytes. */
export const newSecret = (): string => PREFIX + randomBytes(32).toString('base64');

/**
 * The headers of one try by the Standard Webhooks specification. The id stays the same over all tries; the time is that of this
 * try, by the clock of this process, and receivers refuse what is more than 5 minutes off theirs.
 * @param secrets `whsec_...`; one signature each, newest first
 */
export function signedHeaders(id: string, body: string, secrets: readonly string[], at: Date): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const sign = (secret: string) =>
    createHmac('sha256', Buffer.from(secret.slice(PREFIX.length), 'base64'))
      .update(`${id}.${timestamp}.${body}`)
      .digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => `v1,${sign(secret)}`).join(' '),
  };
}
