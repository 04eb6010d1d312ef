import { createHmac } from 'node:crypto';

/** X-Twilio-Signature by hand: the URL as it was given, without its fragment, and every name and value, sorted by name. */
export function twilioSignature(authToken: string, url: string, form: URLSearchParams): string {
  const pairs = [...form].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const signed = url.replace(/#.*$/, '') + pairs.map(([name, value]) => name + value).join('');
  return createHmac('sha1', authToken).update(signed).digest('base64');
}

/** The connection overrides in a webhook's fragment: how often Twilio tries again, and whether it does so for any failure. */
export function retriesOf(url: string): number {
  const overrides = new URLSearchParams(new URL(url).hash.slice(1));
  return overrides.get('rp') === 'all' ? Math.min(Number(overrides.get('rc') ?? 1), 5) : 0;
}

export interface Delivery {
  readonly url: string;
  /** Where the server of that URL really is. */
  readonly origin?: string;
  readonly form: URLSearchParams;
  readonly signature: string;
  /** On every request for the same event but the first. */
  readonly idempotencyToken?: string;
}

/** One request; 0 when there was no answer. */
export async function deliver({ url, origin, form, signature, idempotencyToken }: Delivery): Promise<number> {
  const { pathname, search, origin: named } = new URL(url);
  const token = idempotencyToken === undefined ? undefined : { 'i-twilio-idempotency-token': idempotencyToken };
  try {
    const response = await fetch((origin ?? named) + pathname + search, {
      method: 'POST',
      body: form.toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        'x-twilio-signature': signature,
        ...token,
      },
      signal: AbortSignal.timeout(15_000),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}
