import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { WireRequest } from './wire.js';

export interface SigV4Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
}

export type SigV4Result =
  | 'ok'
  | 'MissingAuthenticationToken'
  | 'IncompleteSignature'
  | 'InvalidClientTokenId'
  | 'SignatureDoesNotMatch';

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
const MAX_SKEW_MS = 15 * 60_000;

const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
const encode = (value: string): string =>
  encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

export function verifySigV4(request: WireRequest, keys: SigV4Keys): SigV4Result {
  const { authorization } = request.headers;
  if (!authorization) return 'MissingAuthenticationToken';
  const [, keyId, day, region, service, signed, signature] = AUTHORIZATION.exec(authorization) ?? [];
  if (!keyId || !day || !signed || !signature) return 'IncompleteSignature';
  if (keyId !== keys.accessKeyId) return 'InvalidClientTokenId';

  const names = signed.split(';');
  const date = String(request.headers['x-amz-date']);
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  const fresh = Math.abs(Date.now() - at) <= MAX_SKEW_MS && date.startsWith(day);
  const covered = ['host', 'x-amz-date'].every((name) => names.includes(name));
  if (!fresh || !covered || region !== keys.region || service !== keys.service) return 'SignatureDoesNotMatch';

  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical(request, names))].join('\n');
  const dayKey = hmac(`AWS4${keys.secretAccessKey}`, day);
  const expected = hmac([region, service, 'aws4_request'].reduce(hmac, dayKey), toSign);
  return timingSafeEqual(expected, Buffer.from(signature, 'hex')) ? 'ok' : 'SignatureDoesNotMatch';
}

function canonical({ method, path, query, headers, body }: WireRequest, names: readonly string[]): string {
  const lines = names.map(
    (name) =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replace(/ +/g, ' ')}\n`,
  );
  const pairs = [...query].map(([key, value]) => `${encode(key)}=${encode(value)}`).sort();
  const uri = path.split('/').map(encode).join('/');
  return [method, uri, pairs.join('&'), lines.join(''), names.join(';'), sha256(body)].join('\n');
}
