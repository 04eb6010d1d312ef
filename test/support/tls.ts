import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

const made = new Map<string, KeyPair>();

/** For a server on loopback. */
export const selfSigned = (): KeyPair => kept('ec', '127.0.0.1');

/** As SNS signs its messages with, but signed by nobody else. */
export const signingPair = (commonName = 'sns.amazonaws.com', kind: Kind = 'rsa'): KeyPair => kept(kind, commonName);

const KEYS = {
  ec: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
  rsa: ['-newkey', 'rsa:2048'],
} as const;
type Kind = keyof typeof KEYS;

function kept(kind: Kind, commonName: string): KeyPair {
  const name = `${kind} ${commonName}`;
  const pair = made.get(name) ?? generate(kind, commonName);
  made.set(name, pair);
  return pair;
}

function generate(kind: Kind, commonName: string): KeyPair {
  const dir = mkdtempSync(join(tmpdir(), 'fake-tls-'));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const names = ['-subj', `/CN=${commonName}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  try {
    const how = [...KEYS[kind], '-nodes', '-days', '2', ...names, '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', ...how], { stdio: 'pipe' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
